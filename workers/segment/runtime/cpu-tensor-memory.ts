import type { OrtModule } from './ort';
import { elementCount, type TensorMemory } from './tensor-memory';

/** Tensors as typed arrays of this thread, for the WASM provider. */
export function createCpuTensorMemory(ort: OrtModule): TensorMemory {
  return {
    float: (data, dims) => new ort.Tensor('float32', data, dims),
    int: (data, dims) => new ort.Tensor('int32', data, dims),
    adopt: () => {
      throw new TypeError('The WASM provider has no device whose buffers it could adopt');
    },
    stack(pieces, dims) {
      const data = new Float32Array(elementCount(dims));
      const pieceLength = data.length / pieces.length;
      pieces.forEach((piece, n) => {
        if (piece) data.set(piece.data as Float32Array, n * pieceLength);
      });
      return new ort.Tensor('float32', data, dims);
    },
    unstack(batch) {
      const [count = 0, ...rest] = batch.dims;
      if (count === 1) return [batch];
      const data = batch.data as Float32Array;
      const length = elementCount(rest);
      // Copies, not views: a view would keep the whole batch alive as long as any one of its objects.
      return Array.from(
        { length: count },
        (_, n) => new ort.Tensor('float32', data.slice(n * length, (n + 1) * length), [1, ...rest]),
      );
    },
    read: async (tensor) => tensor.data as Float32Array,
  };
}
