/** From where a model comes to graphs on a provider, with WASM where WebGPU can't be had. */
import { asMaskletError, MaskletError } from '../protocol/errors';
import type { LoadModelRequest, LoadProgress, ModelStatus } from '../protocol/segment-contract';
import { compileGraphs, type Graphs } from './graphs/graphs';
import type { ModelPack } from './model-pack/download';
import { openSource } from './open-source';
import { createRuntime, type Runtime } from './runtime/runtime';

export type LoadedModel = { graphs: Graphs; runtime: Runtime; status: ModelStatus };

/** @throws what `SegmentApi.loadModel` does */
export async function loadModel(
  { source, provider, imageSize }: LoadModelRequest,
  catalogueUrl: string,
  onProgress: (progress: LoadProgress) => void,
): Promise<LoadedModel> {
  const [{ pack, imageSizes }, { runtime, fallbackReason }] = await Promise.all([
    openSource(source, {
      catalogueUrl,
      imageSize,
      onProgress: (loadedBytes, totalBytes) => onProgress({ stage: 'download', loadedBytes, totalBytes }),
    }),
    provider === 'auto'
      ? bestRuntime()
      : createRuntime(provider).then((runtime) => ({ runtime, fallbackReason: null })),
  ]);
  checkSize(pack, imageSizes, runtime);
  const graphs = await compileGraphs(pack, runtime, onProgress);
  const { name, title, version, imageSize: size } = pack.manifest;
  const { provider: used, device } = runtime;
  return {
    graphs,
    runtime,
    status: { name, title, version, imageSize: size, imageSizes, provider: used, device, fallbackReason },
  };
}

/** Before any weight is read: a device that can't hold a tensor says so in its own words, or loses itself. */
function checkSize({ manifest, largestBufferBytes }: ModelPack, imageSizes: number[], runtime: Runtime): void {
  if (!largestBufferBytes) return;
  const needed = Math.max(...Object.values(largestBufferBytes));
  if (needed <= runtime.maxBufferBytes) return;
  const mebi = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  const smaller = imageSizes.filter((size) => size < manifest.imageSize).at(-1);
  const instead = smaller ? `Choose pictures of ${smaller} px` : 'Choose a smaller model';
  throw new MaskletError(
    'model-too-large',
    `${manifest.title} at ${manifest.imageSize} px needs buffers of ${mebi(needed)}; ${runtime.device} has ${mebi(runtime.maxBufferBytes)} at most. ${instead}, or run it on WASM.`,
  );
}

async function bestRuntime(): Promise<{ runtime: Runtime; fallbackReason: string | null }> {
  try {
    return { runtime: await createRuntime('webgpu'), fallbackReason: null };
  } catch (error) {
    return { runtime: await createRuntime('wasm'), fallbackReason: asMaskletError(error).message };
  }
}
