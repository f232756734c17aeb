import fc from 'fast-check';
import { expect, it } from 'vitest';
import { selectFrames } from './select-frames';

const table = (timestampsUs: number[], durationUs: number) => ({
  frameSamples: Uint32Array.from(timestampsUs, (_, n) => n * 2),
  timestampsUs: Float64Array.from(timestampsUs),
  durationUs,
});
const ten = table(
  Array.from({ length: 10 }, (_, n) => n * 40_000),
  400_000,
);
const plain = (frames: ReturnType<typeof selectFrames>) => ({
  ...frames,
  frameSamples: [...frames.frameSamples],
  timestampsUs: [...frames.timestampsUs],
  sourceFrames: [...frames.sourceFrames],
});

it('keeps the numbers and times of the source', () => {
  expect(plain(selectFrames(ten, { from: 3, to: 8, stride: 2 }, null))).toEqual({
    frameSamples: [6, 10, 14],
    timestampsUs: [0, 80_000, 160_000],
    durationUs: 240_000,
    sourceFrames: [3, 5, 7],
    sourceStartUs: 120_000,
  });
  const numbers = Uint32Array.from({ length: 10 }, (_, n) => n + 100);
  expect([...selectFrames(ten, { stride: 4 }, numbers).sourceFrames]).toEqual([100, 104, 108]);
  expect(selectFrames(ten, { stride: 4 }, numbers).durationUs).toBe(400_000);
  expect([...selectFrames(ten, { to: 99 }, null).sourceFrames]).toHaveLength(10);
});

it('says what cannot be selected', () => {
  expect(() => selectFrames(ten, { from: 10 }, null)).toThrow('There is no frame 10: this video has frames 0 to 9.');
  for (const [name, value] of [
    ['from', -1],
    ['from', 0.5],
    ['to', NaN],
    ['stride', 0],
    ['stride', Infinity],
  ] as const) {
    expect(() => selectFrames(ten, { [name]: value }, null)).toThrow(`\`${name}\` must be a whole number`);
  }
  expect(() => selectFrames(ten, { from: 5, to: 4 }, null)).toThrow('`to` must be a whole number of at least 5');
});

it('frames and durations are those of the source, whatever is selected', () => {
  const steps = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(steps, fc.nat(59), fc.nat(59), fc.integer({ min: 1, max: 9 }), (durations, start, length, stride) => {
      const times = durations.map((_, n) => durations.slice(0, n).reduce((sum, step) => sum + step, 0));
      const total = times.at(-1)! + durations.at(-1)!;
      const from = start % times.length;
      const { sourceFrames, sourceStartUs, timestampsUs, durationUs } = selectFrames(
        table(times, total),
        { from, to: from + length, stride },
        null,
      );
      sourceFrames.forEach((frame, n) => {
        expect(frame).toBe(from + n * stride);
        expect(timestampsUs[n]! + sourceStartUs).toBe(times[frame]);
      });
      expect(durationUs).toBeGreaterThan(timestampsUs.at(-1)!);
      expect(durationUs).toBeLessThanOrEqual(total);
    }),
  );
});
