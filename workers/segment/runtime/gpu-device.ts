/** The one GPUDevice of this worker. */
import { MaskletError } from '../../protocol/errors';

export type GpuDevice = {
  device: GPUDevice;
  /** For a person, such as `apple metal-3`. */
  description: string;
};

/**
 * @throws `webgpu-unavailable` with the reason as a sentence
 */
export async function requestGpuDevice(): Promise<GpuDevice> {
  // Absent outside secure contexts and in browsers without WebGPU, whatever the type says.
  const gpu = navigator.gpu as GPU | undefined;
  if (!gpu)
    throw new MaskletError('webgpu-unavailable', 'This browser does not offer WebGPU.', { reason: ['no-webgpu'] });
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new MaskletError('webgpu-unavailable', 'This browser found no graphics adapter that it may use for WebGPU.', {
      reason: ['no-adapter'],
    });
  }
  const { limits } = adapter;
  const features = (['shader-f16', 'timestamp-query', 'subgroups'] as const).filter((name) =>
    adapter.features.has(name),
  );
  try {
    const device = await adapter.requestDevice({
      requiredFeatures: features,
      // The defaults (128 MiB bindings, 8 storage buffers) are below what the larger graphs bind.
      requiredLimits: {
        maxBufferSize: limits.maxBufferSize,
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
        maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
        maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
        maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
        maxComputeWorkgroupSizeY: limits.maxComputeWorkgroupSizeY,
        maxComputeWorkgroupSizeZ: limits.maxComputeWorkgroupSizeZ,
      },
    });
    const { vendor, architecture, description } = adapter.info;
    return { device, description: description || [vendor, architecture].filter(Boolean).join(' ') || 'GPU' };
  } catch (error) {
    throw new MaskletError('webgpu-unavailable', 'The graphics adapter refused a WebGPU device.', {
      reason: ['device-refused'],
      cause: error,
    });
  }
}
