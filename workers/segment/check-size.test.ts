import { expect, it } from 'vitest';
import type { MaskletError } from '../protocol/errors';
import { checkSize } from './check-size';
import type { ModelPack } from './model-pack/download';

const MiB = 2 ** 20;
const runtime = { device: 'an adapter', maxBufferBytes: 128 * MiB };

function pack(imageSize: number, largest: number): ModelPack {
  const largestBufferBytes = { image_encoder: largest, memory_attention: MiB, mask_decoder: MiB, memory_encoder: MiB };
  return { manifest: { title: 'SAM 2.1 tiny', imageSize }, largestBufferBytes } as ModelPack;
}

function refusal(...args: Parameters<typeof checkSize>): MaskletError | null {
  try {
    checkSize(...args);
    return null;
  } catch (error) {
    return error as MaskletError;
  }
}

it('refuses what a device can not hold, and says what would fit', () => {
  expect(refusal(pack(1024, 128 * MiB), [512, 1024], runtime)).toBeNull();
  const tooLarge = refusal(pack(1024, 144 * MiB), [512, 1024], runtime);
  expect(tooLarge).toMatchObject({ code: 'model-too-large' });
  expect(tooLarge!.message).toMatch(
    /needs buffers of 144 MiB; an adapter has 128 MiB at most\. Choose pictures of 512 px/,
  );
  expect(refusal(pack(512, 144 * MiB), [512, 1024], runtime)!.message).toMatch(/Choose a smaller model/);
  // A pack that does not tell is tried.
  const { largestBufferBytes: _, ...silent } = pack(1024, 144 * MiB);
  expect(refusal(silent as ModelPack, [1024], runtime)).toBeNull();
});
