/** From where a model comes to graphs on a provider, with WASM where WebGPU can't be had. */
import { failureOf, MaskletError, type Failure } from '../protocol/errors';
import type { LoadModelRequest, LoadProgress, ModelStatus } from '../protocol/segment-contract';
import { checkSize } from './check-size';
import { compileGraphs, type Graphs } from './graphs/graphs';
import type { ModelPack } from './model-pack/download';
import { openSource } from './open-source';
import { createRuntime, type Runtime } from './runtime/runtime';
import { computesRight } from './self-check';
import { recall, remember } from './self-check-record';

export type LoadedModel = { graphs: Graphs; runtime: Runtime; status: ModelStatus };

/** @throws what `SegmentApi.loadModel` does */
export async function loadModel(
  { source, provider, imageSize }: LoadModelRequest,
  catalogueUrl: string,
  onProgress: (progress: LoadProgress) => void,
): Promise<LoadedModel> {
  const [{ pack, imageSizes }, first] = await Promise.all([
    openSource(source, {
      catalogueUrl,
      imageSize,
      onProgress: (loadedBytes, totalBytes) => onProgress({ stage: 'download', loadedBytes, totalBytes }),
    }),
    provider === 'auto' ? bestRuntime() : createRuntime(provider).then((runtime) => ({ runtime, fallback: null })),
  ]);
  const { graphs, runtime, fallback } = await compileChecked(pack, imageSizes, first, provider, onProgress);
  const { name, title, version, imageSize: size } = pack.manifest;
  const { provider: used, device, threads } = runtime;
  return {
    graphs,
    runtime,
    status: { name, title, version, imageSize: size, imageSizes, provider: used, device, threads, fallback },
  };
}

type Chosen = { runtime: Runtime; fallback: Failure | null };

/** A graphics device that computes the model wrong is not used for it, now or later. */
async function compileChecked(
  pack: ModelPack,
  imageSizes: number[],
  { runtime, fallback }: Chosen,
  provider: LoadModelRequest['provider'],
  onProgress: (progress: LoadProgress) => void,
): Promise<Chosen & { graphs: Graphs }> {
  checkSize(pack, imageSizes, runtime);
  if (runtime.provider === 'wasm') {
    return { graphs: await compileGraphs(pack, runtime, onProgress), runtime, fallback };
  }
  const { name, version, imageSize } = pack.manifest;
  const key = [name, version, imageSize, runtime.device, navigator.userAgent].join(' | ');
  const before = await recall(key);
  if (before !== false) {
    const graphs = await compileGraphs(pack, runtime, onProgress);
    const isRight = before ?? (await computesRight(graphs, pack, runtime));
    if (before === null) await remember(key, isRight);
    if (isRight) return { graphs, runtime, fallback };
    await graphs.release();
  }
  const wrong = new MaskletError(
    'webgpu-unavailable',
    `${runtime.device} computes wrong numbers for this model, as a test before its first use has shown.`,
    { reason: ['wrong-numbers', runtime.device] },
  );
  if (provider !== 'auto') throw wrong;
  const onProcessor = await createRuntime('wasm');
  return {
    graphs: await compileGraphs(pack, onProcessor, onProgress),
    runtime: onProcessor,
    fallback: failureOf(wrong),
  };
}

async function bestRuntime(): Promise<Chosen> {
  try {
    return { runtime: await createRuntime('webgpu'), fallback: null };
  } catch (error) {
    return { runtime: await createRuntime('wasm'), fallback: failureOf(error) };
  }
}
