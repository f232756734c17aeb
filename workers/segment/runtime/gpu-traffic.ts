/** Counts what crosses between CPU and GPU on a device, and how often it is set to work. */
import type { GpuTraffic } from '../../protocol/segment-contract';

/** Counts from now on, whoever uses the device: ONNX Runtime calls the same methods as we do. */
export function countTraffic(device: GPUDevice): GpuTraffic {
  const traffic: GpuTraffic = { uploadedBytes: 0, parameterBytes: 0, downloadedBytes: 0, dispatches: 0 };
  const { queue } = device;
  const count = (bytes: number): void => {
    if (bytes < 512) traffic.parameterBytes += bytes;
    else traffic.uploadedBytes += bytes;
  };

  const writeBuffer = queue.writeBuffer.bind(queue);
  queue.writeBuffer = (buffer, offset, data, start, size) => {
    count(size ?? data.byteLength);
    writeBuffer(buffer, offset, data, start, size);
  };
  const createBuffer = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer(descriptor);
    // A buffer born mapped is written by the CPU; one mapped later is read by it.
    if (descriptor.mappedAtCreation) count(descriptor.size);
    const mapAsync = buffer.mapAsync.bind(buffer);
    buffer.mapAsync = (mode, offset, size) => {
      if (mode === GPUMapMode.READ) traffic.downloadedBytes += size ?? buffer.size;
      return mapAsync(mode, offset, size);
    };
    return buffer;
  };

  const createCommandEncoder = device.createCommandEncoder.bind(device);
  device.createCommandEncoder = (descriptor) => {
    const encoder = createCommandEncoder(descriptor);
    const beginComputePass = encoder.beginComputePass.bind(encoder);
    encoder.beginComputePass = (passDescriptor) => {
      const pass = beginComputePass(passDescriptor);
      const dispatch = pass.dispatchWorkgroups.bind(pass);
      pass.dispatchWorkgroups = (x, y, z) => {
        traffic.dispatches++;
        dispatch(x, y, z);
      };
      return pass;
    };
    return encoder;
  };
  return traffic;
}
