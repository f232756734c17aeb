/** From where a model comes to graphs on a provider: the fastest that computes it right. */
import { asMaskletError, failureOf, MaskletError, type ErrorCode, type Failure } from '../protocol/errors';
import type { LoadModelRequest, LoadProgress, ModelStatus, Precision } from '../protocol/segment-contract';
import { checkSize } from './check-size';
import { compileGraphs, type Graphs } from './graphs/graphs';
import type { ModelPack } from './model-pack/download';
import { openSource } from './open-source';
import type { OpenedModel } from './opened-model';
import { createRuntime, type Runtime } from './runtime/runtime';
import { findWrongGraph, isAlive } from './self-check';
import { recall, remember } from './self-check-record';

export type LoadedModel = { graphs: Graphs; runtime: Runtime; status: ModelStatus };

/** What another precision or the processor may do without. */
const deviceFailures: ReadonlySet<ErrorCode> = new Set(['model-incompatible', 'out-of-memory', 'internal']);

type OnProgress = (progress: LoadProgress) => void;
type Compiled = { graphs: Graphs; runtime: Runtime; precision: Precision; fallback: Failure | null };

/** @throws what `SegmentApi.loadModel` does */
export async function loadModel(
  { source, provider, imageSize }: LoadModelRequest,
  catalogueUrl: string,
  onProgress: OnProgress,
): Promise<LoadedModel> {
  const [model, first] = await Promise.all([
    openSource(source, {
      catalogueUrl,
      imageSize,
      onProgress: (loadedBytes, totalBytes) => onProgress({ stage: 'download', loadedBytes, totalBytes }),
    }),
    provider === 'auto' ? bestRuntime() : createRuntime(provider).then((runtime) => ({ runtime, fallback: null })),
  ]);
  const compiled =
    first.runtime.provider === 'webgpu'
      ? await compileOnGpu(model, first.runtime, provider, onProgress)
      : await compileOnProcessor(model, first.runtime, first.fallback, onProgress);
  const { graphs, runtime, ...how } = compiled;
  const { name, title, version, imageSize: size } = graphs.manifest;
  const { provider: used, device, threads } = runtime;
  const { imageSizes } = model;
  return {
    graphs,
    runtime,
    status: { name, title, version, imageSize: size, imageSizes, provider: used, device, threads, ...how },
  };
}

/** In float16 where the device can, then in float32, then on the processor: until one way is right. */
async function compileOnGpu(
  model: OpenedModel,
  runtime: Runtime,
  provider: LoadModelRequest['provider'],
  onProgress: OnProgress,
): Promise<Compiled> {
  let failed: MaskletError | null = null;
  for (const precision of model.precisions) {
    if (precision === 'float16' && !runtime.hasFloat16) continue;
    checkSize(model, precision, runtime);
    try {
      const graphs = await compileChecked(model, precision, runtime, onProgress);
      if (graphs) return { graphs, runtime, precision, fallback: failed && failureOf(failed) };
      failed = unfit('wrong-numbers', runtime.device, precision);
    } catch (error) {
      if (!deviceFailures.has(asMaskletError(error).code)) throw error;
      failed = unfit('model-not-run', runtime.device, precision, error);
    }
  }
  if (provider !== 'auto') throw failed!;
  return compileOnProcessor(model, await createRuntime('wasm'), failed && failureOf(failed), onProgress);
}

function unfit(
  reason: 'wrong-numbers' | 'model-not-run',
  device: string,
  precision: Precision,
  cause?: unknown,
): MaskletError {
  const how = precision === 'float16' ? ' in float16' : '';
  const what =
    reason === 'wrong-numbers'
      ? `computes wrong numbers for this model${how}, as a test before its first use has shown`
      : `can't run this model${how}`;
  return new MaskletError('webgpu-unavailable', `${device} ${what}.`, { reason: [reason, device, precision], cause });
}

async function compileOnProcessor(
  model: OpenedModel,
  runtime: Runtime,
  fallback: Failure | null,
  onProgress: OnProgress,
): Promise<Compiled> {
  const precision = 'float32';
  checkSize(model, precision, runtime);
  const graphs = await compileGraphs(await model.pack(precision), runtime, onProgress);
  return { graphs, runtime, precision, fallback };
}

/** Null where the device computes the model wrong in this precision, as is found out now or was before. */
async function compileChecked(
  model: OpenedModel,
  precision: Precision,
  runtime: Runtime,
  onProgress: OnProgress,
): Promise<Graphs | null> {
  const pack = await model.pack(precision);
  const key = checkKey(pack, runtime.device);
  const verdict = await recall(key);
  if (verdict === false) return null;
  if (verdict === true) return compileGraphs(pack, runtime, onProgress);

  onProgress({ stage: 'check', loadedBytes: 0, totalBytes: 1 });
  try {
    const graphs = await compileRight(model, pack, runtime, onProgress);
    await remember(key, graphs !== null);
    return graphs;
  } catch (error) {
    // Kernels that can't be compiled today can't be tomorrow; memory may be there tomorrow.
    const { code } = asMaskletError(error);
    if (deviceFailures.has(code) && code !== 'out-of-memory') await remember(key, false);
    throw error;
  }
}

/** Null where the graphs are wrong. */
async function compileRight(
  { reduced }: OpenedModel,
  pack: ModelPack,
  runtime: Runtime,
  onProgress: OnProgress,
): Promise<Graphs | null> {
  // The reduced model is gone from the device before the whole one comes.
  const subject = (await reduced?.(pack.precision)) ?? pack;
  const reference = (await reduced?.('float32')) ?? pack;
  if ((await findWrongGraph(subject, reference, runtime)) !== null) return null;
  const graphs = await compileGraphs(pack, runtime, onProgress);
  if (!reduced || (await isAlive(graphs, runtime.tensors))) return graphs;
  await graphs.release();
  return null;
}

/** Other graphs, other expectations, another browser or another device are checked anew. */
function checkKey({ manifest, precision }: ModelPack, device: string): string {
  const { name, version, imageSize, graphs, expectations } = manifest;
  const files = [...Object.values(graphs), ...(expectations ? [expectations] : [])];
  const hashes = files.map(({ sha256 }) => sha256.slice(0, 8));
  return [name, version, imageSize, precision, ...hashes, device, navigator.userAgent].join(' | ');
}

async function bestRuntime(): Promise<{ runtime: Runtime; fallback: Failure | null }> {
  try {
    return { runtime: await createRuntime('webgpu'), fallback: null };
  } catch (error) {
    return { runtime: await createRuntime('wasm'), fallback: failureOf(error) };
  }
}
