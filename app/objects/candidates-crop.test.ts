import { expect, it } from 'vitest';
import { candidatesCrop, maskBox } from './candidates-crop';

/** One rectangle of a 100 × 50 mask. */
function rectangle(x0: number, y0: number, x1: number, y1: number) {
  const counts = [x0 * 50 + y0];
  for (let x = x0; x < x1; x++) counts.push(y1 - y0, x < x1 - 1 ? 50 - (y1 - y0) : 50 - y1 + (99 - x) * 50);
  return { width: 100, height: 50, counts: Uint32Array.from(counts) };
}

it('finds the box of a mask', () => {
  expect(maskBox(rectangle(10, 5, 20, 15))).toEqual({ x0: 10, y0: 5, x1: 20, y1: 15 });
  expect(maskBox({ width: 4, height: 4, counts: Uint32Array.of(16) })).toBeNull();
  // One run from the lower end of a column to the upper end of the next.
  expect(maskBox({ width: 4, height: 4, counts: Uint32Array.of(7, 2, 7) })).toEqual({ x0: 1, y0: 0, x1: 3, y1: 4 });
});

it('shows all candidates with some air, within the video', () => {
  const candidate = (rle: ReturnType<typeof rectangle>, token: number) => ({ token, predictedIou: 1, area: 1, rle });
  const video = { width: 100, height: 50 };
  const crop = candidatesCrop(
    [candidate(rectangle(10, 10, 20, 20), 0), candidate(rectangle(25, 12, 35, 22), 1)],
    video,
    { width: 2, height: 1 },
  );
  expect(crop.x).toBeLessThanOrEqual(10);
  expect(crop.x + crop.width).toBeGreaterThanOrEqual(35);
  expect(crop.width / crop.height).toBeCloseTo(2);
  const all = candidatesCrop([candidate(rectangle(0, 0, 100, 50), 0)], video, { width: 1, height: 1 });
  expect(all).toEqual({ x: 25, y: 0, width: 50, height: 50 });
});
