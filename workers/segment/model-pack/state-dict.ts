/**
 * Finds a model's tensors among what was saved with them, and gives them their own names again: a training run puts the
 * state dict beside its optimizer, and wrappers of the model put their names before or into those of its tensors.
 */
import type { PickleValue } from './pickle';

export type Layout = 'transformers' | 'meta';

/** Of DistributedDataParallel, `torch.compile`, FullyShardedDataParallel and activation checkpointing. */
const wrappers: ReadonlySet<string> = new Set([
  'module',
  '_orig_mod',
  '_fsdp_wrapped_module',
  '_checkpoint_wrapped_module',
]);
/** Every model has an image encoder, and each layout its own name for it. */
const imageEncoder = /(?:^|\.)(?:(image_encoder\.trunk\.)|vision_encoder\.backbone\.)/;
const maxDepth = 8;

/**
 * @returns the entries by their names in the layout; of several models in a file those of the first. Entries of a file
 *   without any of SAM 2's or EdgeTAM's are returned as they are, and the layout is null
 */
export function unwrapNames<T>(entries: ReadonlyMap<string, T>): { layout: Layout | null; entries: Map<string, T> } {
  const plain = new Map<string, T>();
  for (const [name, value] of entries) {
    const own = withoutWrappers(name);
    // A name that needs no unwrapping is the tensor's own.
    if (own === name || !(entries.has(own) || plain.has(own))) plain.set(own, value);
  }
  for (const name of plain.keys()) {
    const match = imageEncoder.exec(name);
    if (!match) continue;
    const prefix = name.slice(0, match.index === 0 && !match[0].startsWith('.') ? 0 : match.index + 1);
    const own = [...plain].flatMap(([key, value]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
    );
    return { layout: match[1] ? 'meta' : 'transformers', entries: new Map(own as [string, T][]) };
  }
  return { layout: null, entries: new Map(entries) };
}

function withoutWrappers(name: string): string {
  return name
    .split('.')
    .filter((part) => !wrappers.has(part))
    .join('.');
}

/**
 * The dictionary of tensors in what a checkpoint holds, however deep it lies: the first with SAM 2's or EdgeTAM's names,
 * else the outermost with any tensors; null where there is none.
 */
export function findStateDict<T extends PickleValue>(
  content: PickleValue,
  isTensor: (value: PickleValue | undefined) => value is T,
): Map<string, T> | null {
  const found = dictionariesOf(content, isTensor);
  return found.find((tensors) => unwrapNames(tensors).layout !== null) ?? found[0] ?? null;
}

/** Dictionaries with tensors in them, outer ones first; `model` before what lies beside it, such as an average. */
function dictionariesOf<T extends PickleValue>(
  content: PickleValue,
  isTensor: (value: PickleValue | undefined) => value is T,
): Map<string, T>[] {
  const found: Map<string, T>[] = [];
  const seen = new Set<PickleValue>();
  let level = [content];
  for (let depth = 0; depth < maxDepth && level.length > 0; depth++) {
    const next: PickleValue[] = [];
    for (const value of level) {
      if (!(value instanceof Map) || seen.has(value)) continue;
      seen.add(value);
      const tensors = new Map<string, T>();
      for (const [name, each] of value) if (typeof name === 'string' && isTensor(each)) tensors.set(name, each);
      if (tensors.size > 0) found.push(tensors);
      const model = value.get('model');
      next.push(...(model instanceof Map ? [model] : []), ...value.values());
    }
    level = next;
  }
  return found;
}
