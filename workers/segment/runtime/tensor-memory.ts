/**
 * Where tensors live between two graphs: typed arrays on WASM, GPU buffers on WebGPU. The graphs and the tracker only
 * see this interface, so that both providers run the same code.
 */
import type { Tensor } from './ort';

export type TensorMemory = {
  /** Float tensor from numbers of this thread. */
  float(data: Float32Array, dims: readonly number[]): Tensor;
  int(data: Int32Array, dims: readonly number[]): Tensor;
  /** Takes ownership of a device buffer of floats. Only where there is a device. */
  adopt(buffer: GPUBuffer, dims: readonly number[]): Tensor;
  /**
   * Copies pieces of equal size, one after another, into one tensor; null leaves zeros. The pieces stay alive.
   * @param dims of the result: as many numbers as all pieces together
   */
  stack(pieces: readonly (Tensor | null)[], dims: readonly number[]): Tensor;
  /** Splits along axis 0 into tensors with a leading axis of 1. Takes ownership of `batch`. */
  unstack(batch: Tensor): Tensor[];
  /** Reads a float tensor; it stays alive. */
  read(tensor: Tensor): Promise<Float32Array>;
};

export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** All our tensors have elements of four bytes. */
export function sizeBytes(tensor: Tensor): number {
  return elementCount(tensor.dims) * 4;
}
