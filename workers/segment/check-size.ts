/** Whether a device can hold a model's tensors. */
import { MaskletError } from '../protocol/errors';
import type { Precision } from '../protocol/segment-contract';
import type { OpenedModel } from './opened-model';
import type { Runtime } from './runtime/runtime';

/**
 * Before any weight is read: a device that can't hold a tensor says so in its own words, or loses itself.
 * @throws `model-too-large` with what would fit
 */
export function checkSize(
  { title, imageSize, imageSizes, largestBufferBytes }: Omit<OpenedModel, 'pack' | 'reduced'>,
  precision: Precision,
  { device, maxBufferBytes }: Pick<Runtime, 'device' | 'maxBufferBytes'>,
): void {
  // A pack that does not tell is tried.
  const needed = (size: number) => largestBufferBytes?.(size, precision) ?? 0;
  if (needed(imageSize) <= maxBufferBytes) return;
  const mebi = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  const fitting = imageSizes.filter((size) => size < imageSize && needed(size) <= maxBufferBytes);
  const smaller = fitting.length > 0 ? Math.max(...fitting) : null;
  const instead = smaller ? `Choose pictures of ${smaller} px` : 'Choose a smaller model';
  throw new MaskletError(
    'model-too-large',
    `${title} at ${imageSize} px needs buffers of ${mebi(needed(imageSize))}; ${device} has ${mebi(maxBufferBytes)} at most. ${instead}, or run it on WASM.`,
    { reason: ['buffers-too-small', title, imageSize, needed(imageSize), device, maxBufferBytes, smaller] },
  );
}
