/** Puts a weightless model and a file of weights together, once every tensor was found to be what the graphs expect. */
import { MaskletError } from '../../protocol/errors';
import type { Precision } from '../../protocol/segment-contract';
import {
  parseCatalogue,
  parseWeightless,
  type CatalogueEntry,
  type WeightEntry,
  type WeightlessGraphs,
  type WeightlessManifest,
} from './catalogue';
import { fetchGraphs, fetchJson, type ExternalWeight, type ModelPack } from './download';
import { graphNames, type GraphName, type Manifest } from './manifest';
import { isFloat, partOf, readAsFloat32, type StoredTensor } from './stored-tensor';
import type { WeightsFile } from './weights-file';

/** @throws `network`, `model-missing`, `model-incompatible` */
export async function fetchCatalogue(catalogueUrl: string): Promise<CatalogueEntry[]> {
  return parseCatalogue(await fetchJson(new URL(catalogueUrl)));
}

/** @throws `network`, `model-missing`, `model-incompatible` */
export async function fetchWeightless(catalogueUrl: string, { manifest }: CatalogueEntry): Promise<WeightlessManifest> {
  return parseWeightless(await fetchJson(new URL(manifest, catalogueUrl)));
}

/** The first convolution of the image encoder: its width tells the models apart. */
const patchEmbedding = {
  transformers: 'vision_encoder.backbone.patch_embed.projection.weight',
  meta: 'image_encoder.trunk.patch_embed.proj.weight',
};
const positionTable = { transformers: 'vision_encoder.backbone.pos_embed', meta: 'image_encoder.trunk.pos_embed' };
const repVitStem = {
  transformers: 'vision_encoder.backbone.timm_model.stem.conv2.c.weight',
  meta: 'image_encoder.trunk.body.stem.conv2.c.weight',
};
const perceiver = 'spatial_perceiver.';
const only21 = {
  transformers: ['occlusion_spatial_embedding_parameter', 'temporal_positional_encoding_projection_layer.weight'],
  meta: ['no_obj_embed_spatial', 'obj_ptr_tpos_proj.weight'],
};

/**
 * Which model the weights are of: by its image encoder's width and depth, and the tensors that 2.1 added. A file that
 * lacks a tensor is recognised by the others, so that the one that it lacks can be named.
 * @throws `model-incompatible`
 */
export function recogniseWeights({ layout, tensors }: WeightsFile, entries: readonly CatalogueEntry[]): CatalogueEntry {
  const keys = [...tensors.keys()];
  const isEdgeTam = tensors.has(repVitStem[layout]) || keys.some((key) => key.startsWith(perceiver));
  const width = isEdgeTam
    ? tensors.get(repVitStem[layout])?.shape[0]
    : (tensors.get(positionTable[layout])?.shape[1] ?? tensors.get(patchEmbedding[layout])?.shape[0]);
  if (width === undefined) {
    const isOurs = keys.some((key) => /^(image_encoder\.trunk|vision_encoder\.backbone)\./.test(key));
    const lacking = isEdgeTam ? repVitStem[layout] : positionTable[layout];
    throw new MaskletError(
      'model-incompatible',
      isOurs
        ? `This file is not whole: "${lacking}" is missing.`
        : 'This file holds no weights of SAM 2, SAM 2.1 or EdgeTAM.',
    );
  }
  const depth = isEdgeTam ? distinctBlocks(keys) : 1 + Math.max(-1, ...blockNumbers(keys));
  const architecture = isEdgeTam ? 'edgetam' : only21[layout].some((key) => tensors.has(key)) ? 'sam2.1' : 'sam2.0';
  const found = entries.find(
    ({ trunk, architecture: theirs }) => trunk.width === width && trunk.depth === depth && theirs === architecture,
  );
  if (found) return found;
  throw new MaskletError(
    'model-incompatible',
    `These are weights of a model that is not known here: its image encoder is ${width} wide with ${depth} blocks.`,
  );
}

const trunkBlock = /^(?:image_encoder\.trunk|vision_encoder\.backbone)\.(.*\.)?blocks\.(\d+)\./;

function blockNumbers(keys: readonly string[]): number[] {
  return keys.flatMap((key) => Number(trunkBlock.exec(key)?.[2] ?? -1));
}

/** RepViT counts its blocks anew in every stage. */
function distinctBlocks(keys: readonly string[]): number {
  return new Set(keys.flatMap((key) => trunkBlock.exec(key)?.[0] ?? [])).size;
}

/** @throws `model-incompatible` naming the first tensor that is missing or not as the graphs expect it */
export function checkWeights(file: WeightsFile, { title, weights }: WeightlessManifest): void {
  for (const group of Object.values(weights)) {
    for (const [key, entry] of Object.entries(group)) {
      const pieces = findPieces(file, key, entry);
      const names = namesIn(file.layout, key, entry);
      if (!pieces) throw unfit(title, `"${names.find((name) => !file.tensors.has(name))!}" is missing`);
      const name = names.join('" + "');
      const shapes = pieces.map(({ shape }) => shape);
      if (!pieces.every(({ dtype }) => isFloat(dtype))) throw unfit(title, `"${name}" is not of floats`);
      if (!isShape(shapes, entry.shape)) {
        throw unfit(title, `"${name}" is [${shapes.join('] + [')}] where the model has [${entry.shape.join()}]`);
      }
    }
  }
}

/** One of the forms that a weightless model's graphs are there in. */
type Form = { imageSize: number; precision: Precision };

/** The graphs of a form: in float16 only those that there are. */
export function graphsOf({ sizes }: WeightlessManifest, { imageSize, precision }: Form): WeightlessGraphs {
  const { graphs, halfGraphs } = sizes[imageSize]!;
  return precision === 'float16' ? { ...graphs, ...halfGraphs } : graphs;
}

/**
 * @param file weights that were checked
 * @param form of an input size that the manifest has
 * @throws `network`, `model-missing`, `model-incompatible`, `model-corrupt`
 */
export async function weightlessPack(
  catalogueUrl: string,
  manifest: WeightlessManifest,
  file: WeightsFile,
  form: Form,
  onProgress: (loadedBytes: number, totalBytes: number) => void,
): Promise<ModelPack> {
  const graphs = graphsOf(manifest, form);
  const numbers = async (key: string): Promise<number[]> =>
    Array.from(new Float32Array((await readWeight(file, key, manifest.weights.mask_prompt[key]!)).buffer));
  const { sizes: _sizes, checkSize: _checkSize, weights, format: _format, ...common } = manifest;
  const full: Manifest = {
    ...common,
    format: 'masklet-pack/1',
    imageSize: form.imageSize,
    graphs,
    maskDownsample: {
      weight: await numbers('mask_downsample.weight'),
      bias: (await numbers('mask_downsample.bias'))[0]!,
    },
    trainingData: [],
    quality: {},
  };
  return {
    manifest: full,
    graphs: await fetchGraphs(catalogueUrl, graphs, onProgress),
    precision: form.precision,
    largestBufferBytes: Object.fromEntries(graphNames.map((name) => [name, graphs[name].largestBufferBytes])) as Record<
      GraphName,
      number
    >,
    async weights(graph) {
      const external: ExternalWeight[] = [];
      for (const [key, entry] of Object.entries(weights[graph])) {
        external.push({ path: key, data: await readWeight(file, key, entry) });
      }
      return external;
    },
  };
}

/** What a layout calls the tensors that make up one weight. */
function namesIn(layout: WeightsFile['layout'], key: string, { meta }: WeightEntry): string[] {
  return layout === 'meta' ? meta : [key];
}

/** The tensors of the file that make up one weight; null where one is missing. */
function findPieces({ layout, tensors }: WeightsFile, key: string, entry: WeightEntry): StoredTensor[] | null {
  if (layout === 'meta') {
    const pieces = entry.meta.map((name) => tensors.get(name));
    if (!pieces.every((piece) => piece !== undefined)) return null;
    const { metaPart } = entry;
    return metaPart ? pieces.map((piece) => partOf(piece, metaPart.part, metaPart.of)) : pieces;
  }
  const name = [key, ...(entry.aliases ?? [])].find((each) => tensors.has(each));
  return name === undefined ? null : [tensors.get(name)!];
}

function isShape(pieces: readonly (readonly number[])[], [rows, ...rest]: readonly number[]): boolean {
  const total = pieces.reduce((sum, [count = 0]) => sum + count, 0);
  return total === rows && pieces.every(([, ...others]) => others.join() === rest.join());
}

async function readWeight(file: WeightsFile, key: string, entry: WeightEntry): Promise<Uint8Array<ArrayBuffer>> {
  const pieces = await Promise.all(findPieces(file, key, entry)!.map(readAsFloat32));
  const [first, ...others] = pieces;
  if (others.length === 0) return asBytes(first!);
  const joined = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return asBytes(joined);
}

function asBytes({ buffer, byteOffset, byteLength }: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function unfit(title: string, what: string): MaskletError {
  return new MaskletError('model-incompatible', `This file does not fit ${title}: ${what}.`);
}
