/** From a pack's address to graphs on a provider, with WASM where WebGPU can't be had. */
import { asMaskletError, type MaskletError } from '../protocol/errors';
import type { LoadModelRequest, LoadProgress, ModelStatus } from '../protocol/segment-contract';
import { compileGraphs, type Graphs } from './graphs/graphs';
import { downloadPack } from './model-pack/download';
import { createRuntime, type Runtime } from './runtime/runtime';

export type LoadedModel = { graphs: Graphs; runtime: Runtime; status: ModelStatus };

/** @throws what `SegmentApi.loadModel` does */
export async function loadModel(
  { packUrl, provider }: LoadModelRequest,
  onProgress: (progress: LoadProgress) => void,
): Promise<LoadedModel> {
  const [pack, { runtime, fallbackReason }] = await Promise.all([
    downloadPack(packUrl, (loadedBytes, totalBytes) => onProgress({ stage: 'download', loadedBytes, totalBytes })),
    provider === 'auto'
      ? bestRuntime()
      : createRuntime(provider).then((runtime) => ({ runtime, fallbackReason: null })),
  ]);
  const graphs = await compileGraphs(pack, runtime, onProgress);
  const { name, title, version, imageSize } = pack.manifest;
  return {
    graphs,
    runtime,
    status: { name, title, version, imageSize, provider: runtime.provider, device: runtime.device, fallbackReason },
  };
}

async function bestRuntime(): Promise<{ runtime: Runtime; fallbackReason: string | null }> {
  try {
    return { runtime: await createRuntime('webgpu'), fallbackReason: null };
  } catch (error) {
    const failure: MaskletError = asMaskletError(error);
    return { runtime: await createRuntime('wasm'), fallbackReason: failure.message };
  }
}
