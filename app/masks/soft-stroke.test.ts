import fc from 'fast-check';
import { expect, it } from 'vitest';
import { editMask, emptyMask, maskHas, strokeSpans, type ColumnSpans } from './edit-mask';
import { softStrokeSpans, strokeArea, type FramePart } from './soft-stroke';

const size = { width: 60, height: 44 };
const drawn = (spans: ColumnSpans) => editMask(emptyMask(size), spans, true);

/** What a frame looks like by column. */
function partOf(line: { x: number; y: number }[], radius: number, grey: (x: number, y: number) => number): FramePart {
  const area = strokeArea(line, radius, size)!;
  const rgba = new Uint8ClampedArray(area.width * area.height * 4);
  for (let at = 0; at < area.width * area.height; at++) {
    const value = grey(area.x + (at % area.width) * area.scale, area.y + Math.floor(at / area.width) * area.scale);
    rgba.set([value, value, value, 255], at * 4);
  }
  return { ...area, rgba };
}

const soft = (
  line: { x: number; y: number }[],
  radius: number,
  hardness: number,
  grey: (x: number, y: number) => number,
) => drawn(softStrokeSpans(line, radius, hardness, partOf(line, radius, grey), size));

it('is the whole brush where the picture does not change, whatever its hardness', () => {
  fc.assert(
    fc.property(
      fc.record({ x: fc.integer({ min: 0, max: 599 }), y: fc.integer({ min: 0, max: 439 }) }),
      fc.integer({ min: 5, max: 150 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (place, tenths, hardness) => {
        const at = { x: place.x / 10 + 0.037, y: place.y / 10 + 0.037 };
        const radius = tenths / 10 + 0.213;
        // A little noise is no edge.
        const noisy = (x: number, y: number) => 100 + ((x * 7 + y * 13) % 6);
        expect(soft([at], radius, hardness, noisy)).toEqual(drawn(strokeSpans([at], radius, size)));
      },
    ),
  );
});

it('is held by an edge of the picture, but its core is not', () => {
  const line = [
    { x: 20.4, y: 12.3 },
    { x: 20.4, y: 30.3 },
  ];
  const edge = (x: number) => (x < 25 ? 40 : 200);
  const held = soft(line, 12, 0.25, edge);
  expect([maskHas(held, 24, 20), maskHas(held, 25, 20), maskHas(held, 29, 20)]).toEqual([true, false, false]);
  // To the other side there is nothing to hold it.
  expect([maskHas(held, 10, 20), maskHas(held, 7, 20)]).toEqual([true, false]);
  const crossed = soft(line, 12, 0.75, edge);
  expect([maskHas(crossed, 28, 20), maskHas(crossed, 31, 20)]).toEqual([true, true]);
  const hard = soft(line, 12, 1, edge);
  expect(maskHas(hard, 31, 20)).toBe(true);
});

it('is held by fainter edges the further out they are', () => {
  const line = [{ x: 20.4, y: 20.3 }];
  const faint = (from: number) => soft(line, 16, 0, (x) => (x < from ? 100 : 130));
  expect(maskHas(faint(24), 25, 20)).toBe(true);
  expect(maskHas(faint(33), 34, 20)).toBe(false);
});

it('does not jump over a line to what looks alike behind it', () => {
  const lined = soft([{ x: 20.4, y: 20.3 }], 14, 0.1, (x) => (x === 26 ? 255 : 60));
  expect([maskHas(lined, 25, 20), maskHas(lined, 26, 20), maskHas(lined, 28, 20)]).toEqual([true, false, false]);
});

it('looks at large strokes more coarsely, and covers them all the same', () => {
  const frame = { width: 1920, height: 1080 };
  const line = [
    { x: 300, y: 500 },
    { x: 1600, y: 520 },
  ];
  const area = strokeArea(line, 200, frame)!;
  expect(area.scale).toBeGreaterThan(1);
  const rgba = new Uint8ClampedArray(area.width * area.height * 4).fill(90);
  const mask = editMask(emptyMask(frame), softStrokeSpans(line, 200, 0.5, { ...area, rgba }, frame), true);
  const exact = editMask(emptyMask(frame), strokeSpans(line, 200, frame), true);
  const areaOf = ({ counts }: typeof mask) => counts.reduce((sum, count, n) => sum + (n % 2) * count, 0);
  expect(Math.abs(areaOf(mask) / areaOf(exact) - 1)).toBeLessThan(0.01);
  expect(strokeArea([{ x: -500, y: 0 }], 20, frame)).toBeNull();
});
