/** The four graphs of a model on a runtime: all that the tracker knows of either. */
import type { LoadProgress } from '../../protocol/segment-contract';
import { graphNames, type GraphName, type Manifest } from '../model-pack/manifest';
import type { ModelPack } from '../model-pack/download';
import type { Tensor } from '../runtime/ort';
import type { GraphSession, Runtime } from '../runtime/runtime';
import { runImageEncoder, type ImageFeatures } from './image-encoder';
import { runMaskDecoder, type DecodedMask, type DecoderSlot } from './mask-decoder';
import { runMemoryAttention, type MemoryContext } from './memory-attention';
import { runMemoryEncoder, type MemoryEncoderSlot } from './memory-encoder';

export type Graphs = {
  manifest: Manifest;
  encodeImage(image: Tensor): Promise<ImageFeatures>;
  attendMemory(features: ImageFeatures, slots: readonly MemoryContext[]): Promise<Tensor>;
  decodeMasks(
    features: ImageFeatures,
    conditioned: Tensor,
    slots: readonly DecoderSlot[],
    wantsCandidates: boolean,
  ): Promise<DecodedMask[]>;
  encodeMemory(features: ImageFeatures, slots: readonly MemoryEncoderSlot[]): Promise<Tensor[]>;
  release(): Promise<void>;
};

/** Compiles a pack's graphs, one after another. @throws `model-incompatible`, `out-of-memory` */
export async function compileGraphs(
  { manifest, graphs, weights, largestBufferBytes }: ModelPack,
  runtime: Runtime,
  onProgress: (progress: LoadProgress) => void,
): Promise<Graphs> {
  const sessions = {} as Record<GraphName, GraphSession>;
  for (const [n, name] of graphNames.entries()) {
    onProgress({ stage: 'compile', loadedBytes: n, totalBytes: graphNames.length });
    // One graph's weights at a time: a session has its own copy when the next ones are read.
    sessions[name] = await runtime.createSession(graphs[name], await weights?.(name));
  }
  const { tensors } = runtime;
  // Scores of memory attention grow with the objects attended for at once.
  const maxSlots = largestBufferBytes
    ? Math.max(1, Math.floor(runtime.maxBufferBytes / largestBufferBytes.memory_attention))
    : Infinity;
  return {
    manifest,
    encodeImage: (image) => runImageEncoder(sessions.image_encoder, image),
    attendMemory: (features, slots) =>
      runMemoryAttention(sessions.memory_attention, tensors, features, slots, maxSlots),
    decodeMasks: (features, conditioned, slots, wantsCandidates) =>
      runMaskDecoder(sessions.mask_decoder, tensors, features, conditioned, slots, wantsCandidates),
    encodeMemory: (features, slots) => runMemoryEncoder(sessions.memory_encoder, tensors, features, slots),
    release: async () => {
      for (const name of graphNames) await sessions[name].release();
    },
  };
}
