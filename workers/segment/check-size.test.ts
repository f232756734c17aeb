import { expect, it } from 'vitest';
import type { MaskletError } from '../protocol/errors';
import { checkSize } from './check-size';

const MiB = 2 ** 20;
const runtime = { device: 'an adapter', maxBufferBytes: 128 * MiB };

/** A model whose largest tensor grows as its pictures do, and is half as large in float16. */
function model(imageSize: number, largestAt1024: number): Parameters<typeof checkSize>[0] {
  return {
    title: 'SAM 2.1 tiny',
    imageSize,
    imageSizes: [256, 512, 768, 1024],
    precisions: ['float16', 'float32'],
    largestBufferBytes: (size, precision) => (largestAt1024 * (size / 1024) ** 2) / (precision === 'float16' ? 2 : 1),
  };
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
  expect(refusal(model(1024, 128 * MiB), 'float32', runtime)).toBeNull();
  const tooLarge = refusal(model(1024, 144 * MiB), 'float32', runtime);
  expect(tooLarge).toMatchObject({ code: 'model-too-large' });
  expect(tooLarge!.message).toMatch(
    /needs buffers of 144 MiB; an adapter has 128 MiB at most\. Choose pictures of 768 px/,
  );
  expect(refusal(model(1024, 144 * MiB), 'float16', runtime)).toBeNull();
  // The size below would be too large as well.
  expect(refusal(model(1024, 400 * MiB), 'float32', runtime)!.message).toMatch(/Choose pictures of 512 px/);
  expect(refusal(model(256, 4000 * MiB), 'float32', runtime)!.message).toMatch(/Choose a smaller model/);
  // A pack that does not tell is tried.
  expect(refusal({ ...model(1024, 144 * MiB), largestBufferBytes: null }, 'float32', runtime)).toBeNull();
});
