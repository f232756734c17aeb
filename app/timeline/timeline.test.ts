import { expect, it } from 'vitest';
import { laneSpans } from './lane-spans';
import { centreOfFrame, frameAtX, rulerTicks, xOfFrame } from './timeline-scale';

it('finds the frame under a position, and the position of a frame', () => {
  const scale = { frameCount: 132, width: 1000 };
  for (let frameIndex = 0; frameIndex < 132; frameIndex++) {
    expect(frameAtX(centreOfFrame(frameIndex, scale), scale)).toBe(frameIndex);
  }
  expect(frameAtX(-20, scale)).toBe(0);
  expect(frameAtX(5000, scale)).toBe(131);
  expect(xOfFrame(132, scale)).toBe(1000);
  expect(frameAtX(3, { frameCount: 5, width: 0 })).toBe(0);
});

it('numbers frames in round steps that do not run together', () => {
  expect(rulerTicks({ frameCount: 132, width: 1000 }).labelled.slice(0, 3)).toEqual([0, 10, 20]);
  const many = rulerTicks({ frameCount: 9000, width: 1000 });
  expect(many.labelled).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000]);
  expect(many.minor.length).toBeLessThan(1000 / 7);
  expect(rulerTicks({ frameCount: 1, width: 1000 }).labelled).toEqual([0]);
  expect(rulerTicks({ frameCount: 10, width: 0 }).labelled).toEqual([]);
});

it('joins frames that look the same', () => {
  const mark = Uint8Array.of(0, 1, 1, 1, 2, 2, 0, 1);
  const isStale = Uint8Array.of(0, 0, 0, 1, 1, 0, 0, 0);
  expect(laneSpans({ mark, isStale })).toEqual([
    { from: 1, to: 3, isAbsent: false, isStale: false },
    { from: 3, to: 4, isAbsent: false, isStale: true },
    { from: 4, to: 5, isAbsent: true, isStale: true },
    { from: 5, to: 6, isAbsent: true, isStale: false },
    { from: 7, to: 8, isAbsent: false, isStale: false },
  ]);
  expect(laneSpans({ mark: new Uint8Array(3), isStale: new Uint8Array(3) })).toEqual([]);
});
