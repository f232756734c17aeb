import type { OrtModule, Tensor } from './ort';
import { elementCount, sizeBytes, type TensorMemory } from './tensor-memory';

/** Tensors as buffers of one device, for the WebGPU provider. Small inputs stay on the CPU: ORT uploads them. */
export function createGpuTensorMemory(ort: OrtModule, device: GPUDevice): TensorMemory {
  function adopt(buffer: GPUBuffer, dims: readonly number[]): Tensor {
    return ort.Tensor.fromGpuBuffer(buffer, {
      dataType: 'float32',
      dims: [...dims],
      dispose: () => buffer.destroy(),
      // ORT can't read back a buffer that it did not make.
      download: () => download(buffer, elementCount(dims) * 4),
    });
  }

  function allocate(dims: readonly number[]): { tensor: Tensor; buffer: GPUBuffer } {
    const buffer = device.createBuffer({
      // ORT binds small tensors as vec4: a shorter buffer fails its validation.
      size: Math.ceil(elementCount(dims) / 4) * 16,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    return { tensor: adopt(buffer, dims), buffer };
  }

  async function download(buffer: GPUBuffer, bytes: number): Promise<Float32Array> {
    const staging = device.createBuffer({ size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const data = new Float32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return data;
  }

  /** A tensor's buffer, made for it if its numbers are on the CPU. */
  function copyInto(target: GPUBuffer, offset: number, piece: Tensor, encoder: GPUCommandEncoder): void {
    if (piece.location === 'gpu-buffer') {
      encoder.copyBufferToBuffer(piece.gpuBuffer, 0, target, offset, sizeBytes(piece));
    } else {
      device.queue.writeBuffer(target, offset, piece.data as Float32Array<ArrayBuffer>);
    }
  }

  return {
    float: (data, dims) => new ort.Tensor('float32', data, dims),
    int: (data, dims) => new ort.Tensor('int32', data, dims),
    adopt,
    stack(pieces, dims) {
      const { tensor, buffer } = allocate(dims);
      const pieceBytes = (elementCount(dims) * 4) / pieces.length;
      // A new buffer is zeroed, so padding needs no write.
      const encoder = device.createCommandEncoder();
      pieces.forEach((piece, n) => {
        if (piece) copyInto(buffer, n * pieceBytes, piece, encoder);
      });
      device.queue.submit([encoder.finish()]);
      return tensor;
    },
    unstack(batch) {
      const [count = 0, ...rest] = batch.dims;
      if (count === 1) return [batch];
      const encoder = device.createCommandEncoder();
      const bytes = elementCount(rest) * 4;
      const tensors = Array.from({ length: count }, (_, n) => {
        const { tensor, buffer } = allocate([1, ...rest]);
        encoder.copyBufferToBuffer(batch.gpuBuffer, n * bytes, buffer, 0, bytes);
        return tensor;
      });
      device.queue.submit([encoder.finish()]);
      batch.dispose();
      return tensors;
    },
    read: async (tensor) => (await tensor.getData()) as Float32Array,
  };
}
