/** Whether a device can hold a model's tensors. */
import { MaskletError } from '../protocol/errors';
import type { ModelPack } from './model-pack/download';
import type { Runtime } from './runtime/runtime';

/**
 * Before any weight is read: a device that can't hold a tensor says so in its own words, or loses itself.
 * @param imageSizes sizes that the model can be loaded for, ascending
 * @throws `model-too-large` with what would fit
 */
export function checkSize(
  { manifest, largestBufferBytes }: ModelPack,
  imageSizes: readonly number[],
  runtime: Pick<Runtime, 'device' | 'maxBufferBytes'>,
): void {
  if (!largestBufferBytes) return;
  const needed = Math.max(...Object.values(largestBufferBytes));
  if (needed <= runtime.maxBufferBytes) return;
  const mebi = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  const smaller = imageSizes.filter((size) => size < manifest.imageSize).at(-1);
  const instead = smaller ? `Choose pictures of ${smaller} px` : 'Choose a smaller model';
  throw new MaskletError(
    'model-too-large',
    `${manifest.title} at ${manifest.imageSize} px needs buffers of ${mebi(needed)}; ${runtime.device} has ${mebi(runtime.maxBufferBytes)} at most. ${instead}, or run it on WASM.`,
    {
      reason: [
        'buffers-too-small',
        manifest.title,
        manifest.imageSize,
        needed,
        runtime.device,
        runtime.maxBufferBytes,
        smaller ?? null,
      ],
    },
  );
}
