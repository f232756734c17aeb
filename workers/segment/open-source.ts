/** From where a model comes to a pack whose every part was checked. */
import { MaskletError } from '../protocol/errors';
import type { SourceFile } from '../protocol/media-contract';
import type { ModelSource } from '../protocol/segment-contract';
import { downloadPack, readPackFiles, type ModelPack } from './model-pack/download';
import { fetchCatalogue, fetchWeightless, recogniseWeights, weightlessPack } from './model-pack/weightless-pack';
import { openWeightsFile } from './model-pack/weights-file';
import { openStored } from './model-pack/weights-store';
import { readZipEntries } from './model-pack/zip-archive';

export type OpenedSource = { pack: ModelPack; imageSizes: number[] };

type Options = {
  catalogueUrl: string;
  imageSize: number | undefined;
  onProgress: (loadedBytes: number, totalBytes: number) => void;
};

/** @throws `network`, `model-missing`, `model-corrupt`, `model-incompatible`, `invalid-argument` */
export async function openSource(source: ModelSource, options: Options): Promise<OpenedSource> {
  if (source.kind === 'files') return openFiles(source.files, options);
  if (source.kind === 'stored') return openWeights(await openStored(source.name), options);
  return fixedSize(await downloadPack(source.url, options.onProgress));
}

async function openFiles(files: SourceFile[], options: Options): Promise<OpenedSource> {
  const manifest = files.find(({ path }) => baseName(path) === 'manifest.json');
  if (manifest) {
    const folder = manifest.path.slice(0, -'manifest.json'.length);
    const byPath = new Map(files.map(({ path, file }) => [path, file]));
    return fixedSize(
      await readPackFiles(async (name) => {
        const file = byPath.get(folder + name);
        if (!file) throw missing(name);
        return new Uint8Array(await file.arrayBuffer());
      }),
    );
  }
  // A folder as it comes from the model hub holds more than its weights.
  const weights = files.find(({ path }) => path.endsWith('.safetensors')) ?? files[0];
  if (!weights) throw new MaskletError('invalid-argument', 'There is no file in it.');
  const zipped = weights.path.endsWith('.zip') ? await readZippedPack(weights.file) : null;
  return zipped ?? openWeights(weights.file, options);
}

async function readZippedPack(file: Blob): Promise<OpenedSource | null> {
  const entries = await readZipEntries(file);
  const manifest = [...entries.keys()].find((name) => baseName(name) === 'manifest.json');
  if (!manifest) return null;
  const folder = manifest.slice(0, -'manifest.json'.length);
  return fixedSize(
    await readPackFiles(async (name) => {
      const entry = entries.get(folder + name);
      if (!entry) throw missing(name);
      return new Uint8Array(await (await entry.blob()).arrayBuffer());
    }),
  );
}

async function openWeights(file: Blob, { catalogueUrl, imageSize, onProgress }: Options): Promise<OpenedSource> {
  const [weights, entries] = await Promise.all([openWeightsFile(file), fetchCatalogue(catalogueUrl)]);
  const entry = recogniseWeights(weights, entries);
  const manifest = await fetchWeightless(catalogueUrl, entry);
  const size = imageSize ?? Math.min(...entry.imageSizes);
  return {
    pack: await weightlessPack(catalogueUrl, manifest, weights, size, onProgress),
    imageSizes: entry.imageSizes,
  };
}

function fixedSize(pack: ModelPack): OpenedSource {
  return { pack, imageSizes: [pack.manifest.imageSize] };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function missing(name: string): MaskletError {
  return new MaskletError('model-missing', `The model pack has no ${name}.`);
}
