/** A file of published weights, told apart by its first bytes: where every tensor lies in it. Nothing is read ahead. */
import { MaskletError } from '../../protocol/errors';
import { readSafetensorsIndex } from './safetensors';
import { unwrapNames, type Layout } from './state-dict';
import type { StoredTensor } from './stored-tensor';
import { readTorchIndex } from './torch-checkpoint';

export type WeightsFile = {
  /** Whose names the tensors have: those of transformers, or those of Meta's own code. */
  layout: Layout;
  tensors: Map<string, StoredTensor>;
};

/**
 * Reads the index of a safetensors file or of a PyTorch checkpoint. Executes nothing of what it finds.
 * @throws `model-corrupt` where the file is cut off or broken, `model-incompatible` where it is something else
 */
export async function openWeightsFile(file: Blob): Promise<WeightsFile> {
  const start = new Uint8Array(await file.slice(0, 9).arrayBuffer());
  if (start[0] === 0x50 && start[1] === 0x4b) return unwrapped(await readTorchIndex(file));
  // A header's length, then the brace that opens it.
  if (start[8] === 0x7b) return unwrapped(await readSafetensorsIndex(file));
  throw new MaskletError(
    'model-incompatible',
    'This file holds no weights that can be read: take a .safetensors file, or a .pt file as PyTorch 1.6 or later saves it.',
    { reason: ['no-weights'] },
  );
}

function unwrapped(tensors: Map<string, StoredTensor>): WeightsFile {
  const { layout, entries } = unwrapNames(tensors);
  return { layout: layout ?? 'transformers', tensors: entries };
}
