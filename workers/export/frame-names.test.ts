import { expect, it } from 'vitest';
import { frameNames } from './frame-names';

it('calls frames by their numbers in the source, in text of one length', () => {
  expect(frameNames({ sourceFrames: Uint32Array.of(0, 12, 132) })).toEqual(['00000', '00012', '00132']);
  expect(frameNames({ sourceFrames: Int32Array.of(-12, -1, 0, 7) })).toEqual(['-00012', '-00001', '00000', '00007']);
  expect(frameNames({ sourceFrames: Uint32Array.of(12, 1_234_567) })).toEqual(['0000012', '1234567']);
  expect(frameNames({ sourceFrames: Int32Array.of(-1_234_567, -5) })).toEqual(['-1234567', '-0000005']);
  expect(frameNames({ sourceFrames: Uint32Array.of(3) }, 6)).toEqual(['000003']);
  expect(frameNames({ sourceFrames: new Uint32Array() })).toEqual([]);
});
