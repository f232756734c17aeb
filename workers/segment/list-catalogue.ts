/** The models that the app has graphs of, and which of their weights this browser keeps. */
import { MaskletError } from '../protocol/errors';
import type { CatalogueModel } from '../protocol/segment-contract';
import { defaultImageSize, type CatalogueEntry } from './model-pack/catalogue';
import { fetchCatalogue } from './model-pack/weightless-pack';
import { listStored, type StoredWeights } from './model-pack/weights-store';

const bytesPerParameter = 4;

export async function listCatalogue(catalogueUrl: string): Promise<CatalogueModel[]> {
  // Without a store there is nothing in it; the models can still be loaded from files.
  const [entries, stored] = await Promise.all([fetchCatalogue(catalogueUrl), listStored().catch(() => [])]);
  return entries.map((entry) =>
    catalogueModel(
      entry,
      stored.find(({ name }) => name === entry.name),
    ),
  );
}

/** @throws `model-missing` where there is none of the name */
export async function catalogueEntry(catalogueUrl: string, name: string): Promise<CatalogueEntry> {
  const entries = await fetchCatalogue(catalogueUrl);
  const found = entries.find((entry) => entry.name === name);
  if (found) return found;
  const names = entries.map((entry) => entry.name).join(', ');
  throw new MaskletError('model-missing', `There is no model ${name}. There are ${names}.`);
}

export function catalogueModel(entry: CatalogueEntry, stored: StoredWeights | undefined): CatalogueModel {
  const { name, title, architecture, license, repository, parameters, imageSizes, operations } = entry;
  return {
    name,
    title,
    architecture,
    license,
    repository,
    weightsBytes: stored?.totalBytes ?? parameters * bytesPerParameter,
    imageSizes,
    defaultImageSize: defaultImageSize(entry),
    operations,
    storedBytes: stored?.storedBytes ?? 0,
    sha256: stored?.sha256 ?? null,
    storedFrom: stored?.source ?? null,
  };
}
