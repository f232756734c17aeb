/** Weightless models: what the app ships of SAM 2 besides its weights. See docs/model-pack.md "Weightless models". */
import { MaskletError } from '../../protocol/errors';
import {
  checkTracker,
  graphNames,
  isArchitecture,
  isNumbers,
  isPositive,
  isSha256,
  type GraphFile,
  type GraphName,
  type Manifest,
} from './manifest';

export type CatalogueEntry = {
  /** kebab-case, unique. */
  name: string;
  title: string;
  architecture: Manifest['architecture'];
  /** Of the image encoder: with the architecture, how weights are recognised. */
  trunk: { width: number; depth: number };
  parameters: number;
  license: string;
  /** On the model hub. */
  repository: string;
  /** Of its `model.safetensors`, where it is known. */
  sha256?: string;
  /** File beside the catalogue. */
  manifest: string;
  imageSizes: number[];
  /** Of one tracked frame, by input size. */
  operations: Record<string, number>;
};

type WeightlessGraph = GraphFile & {
  /** Of any weight or intermediate tensor, for one object with a full memory bank. */
  largestBufferBytes: number;
};

export type WeightlessGraphs = Record<GraphName, WeightlessGraph>;

export type WeightEntry = {
  shape: number[];
  /** Meta's name; several are stacked along the first axis. */
  meta: string[];
  /** Which of so many equal parts along the first axis of Meta's tensor, where it holds more than this one. */
  metaPart?: { part: number; of: number };
  aliases?: string[];
};

export type WeightlessManifest = Pick<
  Manifest,
  | 'name'
  | 'title'
  | 'version'
  | 'architecture'
  | 'hiddenSize'
  | 'memoryChannels'
  | 'memoryTokens'
  | 'imageMean'
  | 'imageStd'
  | 'tracker'
  | 'license'
  | 'provenance'
> & {
  format: 'masklet-weightless/1';
  /** Those of `checkSize` besides those that people choose from. */
  sizes: Record<
    string,
    {
      graphs: WeightlessGraphs;
      /** The large ones, computing in float16. */
      halfGraphs: Partial<Record<GraphName, WeightlessGraph>>;
    }
  >;
  /** Input size that a device is tried at. */
  checkSize: number;
  weights: Record<GraphName | 'mask_prompt', Record<string, WeightEntry>>;
};

const fileName = /^[\w.-]+\.(json|onnx\.zlib)$/;

/** @throws `model-incompatible` naming the first field that is wrong */
export function parseCatalogue(json: unknown): CatalogueEntry[] {
  const { format, models } = (json ?? {}) as { format?: unknown; models?: unknown };
  check(format === 'masklet-catalogue/1', 'format');
  check(Array.isArray(models), 'models');
  (models as CatalogueEntry[]).forEach((entry, n) => {
    const at = `models[${n}]`;
    check(/^[a-z0-9][a-z0-9.-]*$/.test(entry?.name), `${at}.name`);
    check(isArchitecture(entry.architecture), `${at}.architecture`);
    check(isPositive(entry.trunk?.width) && isPositive(entry.trunk.depth), `${at}.trunk`);
    check(isPositive(entry.parameters), `${at}.parameters`);
    check(/^[\w.-]+\/[\w.-]+$/.test(entry.repository), `${at}.repository`);
    check(entry.sha256 === undefined || isSha256(entry.sha256), `${at}.sha256`);
    check(fileName.test(entry.manifest), `${at}.manifest`);
    check(Array.isArray(entry.imageSizes) && entry.imageSizes.every(isImageSize), `${at}.imageSizes`);
    check(
      entry.imageSizes.every((size) => isPositive(entry.operations?.[size])),
      `${at}.operations`,
    );
  });
  return models as CatalogueEntry[];
}

/** @throws `model-incompatible` naming the first field that is wrong */
export function parseWeightless(json: unknown): WeightlessManifest {
  const manifest = json as WeightlessManifest;
  check(manifest?.format === 'masklet-weightless/1', 'format');
  check(isArchitecture(manifest.architecture), 'architecture');
  check(isPositive(manifest.hiddenSize), 'hiddenSize');
  check(manifest.memoryChannels === 64, 'memoryChannels');
  check(manifest.memoryTokens === undefined || isPositive(manifest.memoryTokens), 'memoryTokens');
  check(isNumbers(manifest.imageMean, 3), 'imageMean');
  check(isNumbers(manifest.imageStd, 3), 'imageStd');
  checkTracker(manifest.tracker, check);
  check(typeof manifest.sizes === 'object' && Object.keys(manifest.sizes).every((size) => isImageSize(+size)), 'sizes');
  for (const [size, { graphs, halfGraphs }] of Object.entries(manifest.sizes)) {
    for (const name of graphNames) checkGraph(graphs?.[name], `sizes.${size}.graphs.${name}`);
    for (const [name, graph] of Object.entries(halfGraphs ?? {})) checkGraph(graph, `sizes.${size}.halfGraphs.${name}`);
  }
  check(manifest.checkSize in manifest.sizes, 'checkSize');
  for (const group of [...graphNames, 'mask_prompt'] as const) {
    for (const [key, entry] of Object.entries(manifest.weights?.[group] ?? { missing: null })) {
      const isValid = Array.isArray(entry?.shape) && entry.shape.every(isPositive) && Array.isArray(entry.meta);
      const { part, of } = entry?.metaPart ?? { part: 0, of: 1 };
      check(isValid && isPositive(of) && Number.isInteger(part) && part >= 0 && part < of, `weights.${group}.${key}`);
    }
  }
  return manifest;
}

/** Fine enough for most videos, and four times as fast as the largest. */
const usualImageSize = 512;

export function defaultImageSize({ imageSizes }: Pick<CatalogueEntry, 'imageSizes'>): number {
  return imageSizes.includes(usualImageSize) ? usualImageSize : Math.min(...imageSizes);
}

function checkGraph(graph: WeightlessGraph | undefined, at: string): void {
  check(typeof graph?.file === 'string' && fileName.test(graph.file), `${at}.file`);
  check(isPositive(graph.bytes), `${at}.bytes`);
  check(isSha256(graph.sha256), `${at}.sha256`);
  check(isPositive(graph.largestBufferBytes), `${at}.largestBufferBytes`);
}

function isImageSize(value: number): boolean {
  return isPositive(value) && value % 32 === 0;
}

function check(isValid: boolean, field: string): asserts isValid {
  if (isValid) return;
  throw new MaskletError('model-incompatible', `The list of models can't be used: it has a wrong "${field}".`);
}
