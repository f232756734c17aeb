/** From where a model comes to packs whose every part was checked. */
import { MaskletError } from '../protocol/errors';
import type { SourceFile } from '../protocol/media-contract';
import type { ModelSource } from '../protocol/segment-contract';
import { defaultImageSize } from './model-pack/catalogue';
import { downloadFile, downloadPack, readPackFiles, type ModelPack } from './model-pack/download';
import {
  checkWeights,
  fetchCatalogue,
  fetchWeightless,
  graphsOf,
  recogniseWeights,
  weightlessPack,
} from './model-pack/weightless-pack';
import { openWeightsFile } from './model-pack/weights-file';
import { openStored } from './model-pack/weights-store';
import { readZipEntries } from './model-pack/zip-archive';
import type { OpenedModel } from './opened-model';

type Options = {
  catalogueUrl: string;
  imageSize: number | undefined;
  onProgress: (loadedBytes: number, totalBytes: number) => void;
};

/** @throws `network`, `model-missing`, `model-corrupt`, `model-incompatible`, `invalid-argument` */
export async function openSource(source: ModelSource, options: Options): Promise<OpenedModel> {
  if (source.kind === 'files') return openFiles(source.files, options);
  if (source.kind === 'stored') return openWeights(await openStored(source.name), options);
  return openAddress(new URL(source.url), options);
}

async function openAddress(url: URL, { onProgress }: Options): Promise<OpenedModel> {
  if (!url.pathname.endsWith('.zip')) return fixedSize(await downloadPack(url.href, onProgress));
  const pack = await readZippedPack(await downloadFile(url, onProgress));
  if (!pack)
    throw new MaskletError('model-incompatible', `There is no manifest.json in ${url.href}.`, {
      reason: ['no-pack-there', url.href],
    });
  return pack;
}

async function openFiles(files: SourceFile[], options: Options): Promise<OpenedModel> {
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

async function readZippedPack(file: Blob): Promise<OpenedModel | null> {
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

async function openWeights(file: Blob, { catalogueUrl, imageSize: wanted, onProgress }: Options): Promise<OpenedModel> {
  const [weights, entries] = await Promise.all([openWeightsFile(file), fetchCatalogue(catalogueUrl)]);
  const entry = recogniseWeights(weights, entries);
  const manifest = await fetchWeightless(catalogueUrl, entry);
  const { title, imageSizes } = entry;
  const imageSize = wanted ?? defaultImageSize(entry);
  if (!imageSizes.includes(imageSize)) {
    throw new MaskletError(
      'invalid-argument',
      `${title} takes pictures of ${imageSizes.join(', ')} px, not of ${imageSize}.`,
    );
  }
  checkWeights(weights, manifest);
  return {
    title,
    imageSize,
    imageSizes,
    precisions: ['float16', 'float32'],
    largestBufferBytes: (size, precision) =>
      Math.max(
        ...Object.values(graphsOf(manifest, { imageSize: size, precision })).map((graph) => graph.largestBufferBytes),
      ),
    pack: (precision) => weightlessPack(catalogueUrl, manifest, weights, { imageSize, precision }, onProgress),
    reduced: (precision) =>
      weightlessPack(catalogueUrl, manifest, weights, { imageSize: manifest.checkSize, precision }, () => undefined),
  };
}

function fixedSize(pack: ModelPack): OpenedModel {
  const { title, imageSize } = pack.manifest;
  return {
    title,
    imageSize,
    imageSizes: [imageSize],
    precisions: ['float32'],
    largestBufferBytes: null,
    pack: async () => pack,
    reduced: null,
  };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function missing(name: string): MaskletError {
  return new MaskletError('model-missing', `The model pack has no ${name}.`, { reason: ['model-file-missing', name] });
}
