/** What a provider may hold between frames. Beyond it, the least recently used goes and is made again when needed. */
import type { Provider } from '../protocol/segment-contract';

const MiB = 2 ** 20;

type Limits = {
  featureBytes: number;
  memoryBytes: number;
  /** Of frames at the model's size, for edges that follow the picture. */
  pictureBytes: number;
};

export const runtimeLimits: Record<Provider, Limits> = {
  webgpu: { featureBytes: 384 * MiB, memoryBytes: 256 * MiB, pictureBytes: 32 * MiB },
  // On WASM all lie in the page's own memory.
  wasm: { featureBytes: 64 * MiB, memoryBytes: 64 * MiB, pictureBytes: 32 * MiB },
};
