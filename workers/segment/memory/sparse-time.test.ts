import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { HeldOutputs } from './memory-bank';
import { selectPointers } from './object-pointers';
import { selectMemories } from './select-memories';
import { inSteps } from './sparse-time';
import { defaultTrackerOptions } from './tracker-options';

/** A bank over frames `numbers[0]`, `numbers[1]`, …; outputs are called by their place in that list. */
function bankOf(numbers: readonly number[], conditioning: ReadonlySet<number>): HeldOutputs<string> {
  const entries = numbers.map((number, n): [number, string] => [number, `${n}`]);
  return {
    conditioning: new Map(entries.filter((_, n) => conditioning.has(n))),
    nonConditioning: new Map(entries.filter((_, n) => !conditioning.has(n))),
  };
}

it('a live source is attended to as a video made of its tracked frames', () => {
  const source = fc.record({
    gaps: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 60 }),
    conditioning: fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 8 }),
    at: fc.nat(),
    isReverse: fc.boolean(),
    memoryStride: fc.integer({ min: 1, max: 3 }),
    maxConditioningFrames: fc.constantFrom(-1, 2, 4),
  });
  fc.assert(
    fc.property(source, ({ gaps, conditioning, at, isReverse, memoryStride, maxConditioningFrames }) => {
      const options = { ...defaultTrackerOptions, memoryStride, maxConditioningFrames, onlyPastPointers: false };
      let number = 0;
      const numbers = gaps.map((gap) => (number += gap));
      const place = at % numbers.length;
      const conditions = new Set(conditioning.map((n) => n % numbers.length));
      conditions.delete(place);
      // The frame itself may or may not be held already.
      const dense = bankOf(
        numbers.map((_, n) => n),
        conditions,
      );
      const sparse = inSteps(bankOf(numbers, conditions), numbers[place]!, 30);
      expect(sparse.step).toBe(place);
      const isOther = ({ output }: { output: string }) => output !== `${place}`;
      expect(selectMemories(sparse.bank, sparse.step, isReverse, options).filter(isOther)).toEqual(
        selectMemories(dense, place, isReverse, options).filter(isOther),
      );
      expect(selectPointers(sparse.bank, sparse.step, Infinity, isReverse, options).filter(isOther)).toEqual(
        selectPointers(dense, place, Infinity, isReverse, options).filter(isOther),
      );
    }),
    { numRuns: 400 },
  );
});

it('old tracked frames are left out, old conditioning frames are not', () => {
  const numbers = Array.from({ length: 200 }, (_, n) => n * 9);
  const { bank, step } = inSteps(bankOf(numbers, new Set([3])), 199 * 9 + 4, 16);
  expect(step).toBe(200);
  expect([...bank.conditioning.keys()]).toEqual([3]);
  expect([...bank.nonConditioning.keys()]).toEqual(Array.from({ length: 16 }, (_, n) => 184 + n));
});
