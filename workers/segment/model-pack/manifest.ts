/** The manifest of a model pack, as it comes from outside: checked before anything else reads it. See docs/model-pack.md. */
import { MaskletError } from '../../protocol/errors';

export const graphNames = ['image_encoder', 'memory_attention', 'mask_decoder', 'memory_encoder'] as const;
export type GraphName = (typeof graphNames)[number];

export type GraphFile = { file: string; bytes: number; sha256: string };

export type Manifest = {
  format: 'masklet-pack/1';
  name: string;
  title: string;
  version: string;
  architecture: 'sam2.0' | 'sam2.1' | 'edgetam';
  /** S */
  imageSize: number;
  /** D */
  hiddenSize: number;
  memoryChannels: number;
  /** Of one spatial memory, where they are not its (S/16)² positions. */
  memoryTokens?: number;
  imageMean: [number, number, number];
  imageStd: [number, number, number];
  tracker: {
    numSpatialMemories: number;
    maxConditioningFrames: number;
    memoryStride: number;
    maxObjectPointers: number;
    multimaskMinPoints: number;
    multimaskMaxPoints: number;
    multimaskForTracking: boolean;
    /** Which mask a single click takes: the reference's choice among three, or the single-mask token. */
    singleClick: 'best-of-three' | 'token0';
    /** Below it token 0 gives way to the best of three; 0 = never. Built into the mask decoder: here for people. */
    stabilityThreshold?: number;
    /** Pieces of a prompted mask that hold no click are dropped: see masks/clean-up. */
    keepClickedComponent?: boolean;
    /** Where the edges of shown masks come from, unless a person chooses: see masks/guided-edges. Default: the model. */
    edges?: 'model' | 'picture';
  };
  /** The 4×4 convolution, stride 4, that makes a mask prompt the decoder's mask input. */
  maskDownsample: { weight: number[]; bias: number };
  graphs: Record<GraphName, GraphFile>;
  /** What the graphs answer to made-up inputs: see ../self-check. */
  expectations?: GraphFile;
  license: string;
  provenance: string;
  trainingData: { name: string; license: string; url?: string }[];
  quality: Record<string, unknown>;
};

/** @throws `model-incompatible` naming the first field that is wrong */
export function parseManifest(json: unknown): Manifest {
  const manifest = json as Manifest;
  const check: Check = (isValid, field) => {
    if (!isValid)
      throw new MaskletError(
        'model-incompatible',
        `This model pack can't be used: its manifest has a wrong "${field}".`,
        { reason: ['pack-field', field] },
      );
  };
  check(isObject(json), 'format');
  const version = /^masklet-pack\/(\d+)$/.exec(manifest.format)?.[1];
  if (Number(version) > 1) {
    throw new MaskletError(
      'model-incompatible',
      `This model pack is of version ${version}, and this app reads version 1: reload the page for a newer app, or take an older pack.`,
      { reason: ['pack-newer', Number(version)] },
    );
  }
  check(manifest.format === 'masklet-pack/1', 'format');
  check(typeof manifest.name === 'string' && /^[a-z0-9][a-z0-9.-]*$/.test(manifest.name), 'name');
  for (const field of ['title', 'version', 'license', 'provenance'] as const) {
    check(typeof manifest[field] === 'string', field);
  }
  check(isArchitecture(manifest.architecture), 'architecture');
  check(isPositive(manifest.imageSize) && manifest.imageSize <= 8192 && manifest.imageSize % 32 === 0, 'imageSize');
  check(isPositive(manifest.hiddenSize), 'hiddenSize');
  check(manifest.memoryChannels === 64, 'memoryChannels');
  check(manifest.memoryTokens === undefined || isPositive(manifest.memoryTokens), 'memoryTokens');
  check(isNumbers(manifest.imageMean, 3), 'imageMean');
  check(isNumbers(manifest.imageStd, 3), 'imageStd');
  checkTracker(manifest.tracker, check);
  check(isObject(manifest.maskDownsample) && isNumbers(manifest.maskDownsample.weight, 16), 'maskDownsample.weight');
  check(Number.isFinite(manifest.maskDownsample.bias), 'maskDownsample.bias');
  check(Array.isArray(manifest.trainingData) && manifest.trainingData.every(isObject), 'trainingData');
  check(isObject(manifest.quality), 'quality');
  check(isObject(manifest.graphs), 'graphs');
  for (const name of graphNames) {
    checkFile(manifest.graphs?.[name], 'onnx', `graphs.${name}`, check);
  }
  if (manifest.expectations !== undefined) checkFile(manifest.expectations, 'json', 'expectations', check);
  return manifest;
}

type Check = (isValid: boolean, field: string) => void;

function checkFile(file: GraphFile, extension: string, at: string, check: Check): void {
  check(isObject(file) && typeof file.file === 'string', `${at}.file`);
  // A plain file name: a pack can't reach outside its folder.
  check(/^[\w.-]+$/.test(file.file) && file.file.endsWith(`.${extension}`), `${at}.file`);
  check(isPositive(file.bytes), `${at}.bytes`);
  check(isSha256(file.sha256), `${at}.sha256`);
}

/** Calls `check` for every field of the tracker's settings. */
export function checkTracker(tracker: Manifest['tracker'], check: Check): void {
  check(isObject(tracker), 'tracker');
  const at = (field: keyof Manifest['tracker'], isValid: (value: unknown) => boolean): void =>
    check(isValid(tracker[field]), `tracker.${field}`);
  at('numSpatialMemories', isPositive);
  at('maxConditioningFrames', (value) => Number.isInteger(value) && (value as number) >= -1);
  at('memoryStride', isPositive);
  at('maxObjectPointers', isPositive);
  at('multimaskMinPoints', (value) => value === 0 || isPositive(value));
  at('multimaskMaxPoints', (value) => value === 0 || isPositive(value));
  at('multimaskForTracking', isBoolean);
  at('singleClick', (value) => value === 'best-of-three' || value === 'token0');
  at('stabilityThreshold', (value) => value === undefined || Number.isFinite(value));
  at('keepClickedComponent', (value) => value === undefined || isBoolean(value));
  at('edges', (value) => value === undefined || value === 'model' || value === 'picture');
}

export function isArchitecture(value: unknown): boolean {
  return value === 'sam2.0' || value === 'sam2.1' || value === 'edgetam';
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

export function isSha256(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

export function isPositive(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) > 0;
}

export function isNumbers(value: unknown, length: number): boolean {
  return Array.isArray(value) && value.length === length && value.every((n) => Number.isFinite(n));
}
