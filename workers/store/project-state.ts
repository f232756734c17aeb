/** A project from its records, and the shortest list of records that comes to the same. Pure. */
import { MaskletError } from '../protocol/errors';
import {
  projectSchema,
  type Project,
  type ProjectHead,
  type ProjectRecord,
  type StoredMask,
} from '../protocol/project';
import { migrate } from './migrations';

export class ProjectState {
  #head: ProjectHead | null = null;
  #isWhole = false;
  readonly #slices = new Map<string, unknown>();
  readonly #masks = new Map<number, Map<number, StoredMask>>();

  get head(): ProjectHead | null {
    return this.#head;
  }

  apply(record: ProjectRecord): void {
    if (record.kind === 'head') this.#head = record.head;
    else if (record.kind === 'whole') this.#isWhole = true;
    else if (record.kind === 'slice') this.#slices.set(record.name, record.value);
    else if (record.kind === 'masks')
      for (const mask of record.masks) this.#framesOf(mask.object).set(mask.frameIndex, mask);
    else if (record.frames === null) this.#masks.delete(record.object);
    else for (const frameIndex of record.frames) this.#masks.get(record.object)?.delete(frameIndex);
  }

  /** null before all is there that its journal began with */
  project(): Project | null {
    if (!this.#head || !this.#isWhole) return null;
    const masks = [...this.#masks.values()].flatMap((frames) => [...frames.values()]);
    return { head: this.#head, slices: Object.fromEntries(this.#slices), masks };
  }

  #framesOf(object: number): Map<number, StoredMask> {
    const known = this.#masks.get(object);
    if (known) return known;
    const frames = new Map<number, StoredMask>();
    this.#masks.set(object, frames);
    return frames;
  }
}

/** Masks a record: few enough that a torn one loses little. */
const masksPerRecord = 64;

/** What a new journal begins with. */
export function recordsOf({ head, slices, masks }: Project): ProjectRecord[] {
  const records: ProjectRecord[] = [{ kind: 'head', head }];
  for (const [name, value] of Object.entries(slices)) records.push({ kind: 'slice', name, value });
  for (let n = 0; n < masks.length; n += masksPerRecord) {
    records.push({ kind: 'masks', masks: masks.slice(n, n + masksPerRecord) });
  }
  records.push({ kind: 'whole' });
  return records;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function encodeProjectRecord(record: ProjectRecord): Uint8Array {
  return encoder.encode(JSON.stringify(record));
}

/** @throws `invalid-argument` for a record of a newer version, or none at all */
export function decodeProjectRecord(payload: Uint8Array): ProjectRecord {
  const value = JSON.parse(decoder.decode(payload)) as ProjectRecord;
  if (value.kind === 'head' && value.head.schema > projectSchema) {
    throw new MaskletError(
      'invalid-argument',
      'This project was saved by a newer version of Masklet. Reload the page.',
    );
  }
  return value.kind === 'head' ? { kind: 'head', head: migrate(value.head) } : value;
}
