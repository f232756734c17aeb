import fc from 'fast-check';
import { expect, it } from 'vitest';
import { distinctMasks, maskIou } from './distinct-masks';
import { emptyMask, maskFromPixels } from './edit-mask';

const size = { width: 9, height: 7 };
const pixels = fc.array(fc.boolean(), { minLength: 63, maxLength: 63 });
const square = (side: number) => ({
  rle: maskFromPixels({ width: 100, height: 100 }, (at) => at % 100 < side && at < side * 100),
});

it('measures how alike two masks are', () => {
  fc.assert(
    fc.property(pixels, pixels, (a, b) => {
      const both = a.filter((inside, n) => inside && b[n]).length;
      const either = a.filter((inside, n) => inside || b[n]).length;
      const [first, second] = [a, b].map((each) => maskFromPixels(size, (at) => each[at]!));
      expect(maskIou(first!, second!)).toBe(either === 0 ? 1 : both / either);
    }),
  );
  expect(maskIou(emptyMask(size), emptyMask(size))).toBe(1);
});

it('offers only masks that a person can tell apart, and always the one that was taken', () => {
  const all = [square(80), square(80), square(60), square(80), square(60)];
  expect(distinctMasks(all, all[0])).toEqual([all[0], all[2]]);
  expect(distinctMasks(all, all[3])).toEqual([all[2], all[3]]);
  expect(distinctMasks([all[0]!, all[3]!], all[0])).toEqual([all[0]]);
  expect(distinctMasks([], undefined)).toEqual([]);
});
