import Ajv from 'ajv/dist/2020';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MaskletError } from '../../protocol/errors';
import { parseManifest } from './manifest';

const root = new URL('../../../', import.meta.url);

function json(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8'));
}

const isBySchema = new Ajv().compile(json('docs/model-pack.schema.json') as object);

function isByCode(manifest: unknown): boolean {
  try {
    parseManifest(manifest);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(MaskletError);
    return false;
  }
}

type Path = readonly (string | number)[];

/** Where every value of a manifest is that the reader looks at. */
function paths(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...at, key]))];
}

function changed(
  manifest: object,
  path: Path,
  change: (holder: Record<string | number, unknown>, key: string) => void,
): unknown {
  const copy = structuredClone(manifest) as Record<string | number, unknown>;
  let holder = copy;
  for (const key of path.slice(0, -1)) holder = holder[key] as typeof holder;
  change(holder, String(path.at(-1)));
  return copy;
}

it('takes the packs that ship, by its schema and by its code', () => {
  for (const path of ['public/models/nano/manifest.json', 'e2e/fixtures/packs/micro/manifest.json']) {
    const manifest = json(path);
    expect(isBySchema(manifest), path).toBe(true);
    expect(isByCode(manifest), path).toBe(true);
  }
});

it('refuses by its code whatever its schema refuses, and the other way round', () => {
  const manifest = json('e2e/fixtures/packs/micro/manifest.json') as object;
  const places = paths(manifest).filter(
    ([first]) => first !== undefined && !['trainingData', 'quality'].includes(String(first)),
  );
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(-1, 0, 0.5, 33, 64, '../x.onnx', 'a/b.onnx', 'f'.repeat(64)),
  );
  fc.assert(
    fc.property(fc.constantFrom(...places), value, fc.boolean(), (path, replacement, isRemoved) => {
      const wrong = changed(manifest, path, (holder, key) => {
        if (!isRemoved) holder[key] = replacement;
        else if (Array.isArray(holder)) holder.splice(Number(key), 1);
        else delete holder[key];
      });
      expect(isByCode(wrong), JSON.stringify([path, isRemoved ? 'removed' : replacement])).toBe(isBySchema(wrong));
    }),
    { numRuns: 2000 },
  );
});
