/** The segment worker on a device that says it has float16 and does not: for tests of what becomes of that. */
import './segment.worker';

const before = Object.getOwnPropertyDescriptor(GPUDevice.prototype, 'features')!;
Object.defineProperty(GPUDevice.prototype, 'features', {
  get(this: GPUDevice) {
    return new Set([...(before.get!.call(this) as GPUSupportedFeatures), 'shader-f16']);
  },
});
