/** What a provider may hold between frames. Beyond it, the least recently used goes and is made again when needed. */
import type { Provider } from '../protocol/segment-contract';

const MiB = 2 ** 20;

export const runtimeLimits: Record<Provider, { featureBytes: number; memoryBytes: number }> = {
  webgpu: { featureBytes: 384 * MiB, memoryBytes: 256 * MiB },
  // On WASM both lie in the page's own memory.
  wasm: { featureBytes: 64 * MiB, memoryBytes: 64 * MiB },
};
