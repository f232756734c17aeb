import { expect, it } from 'vitest';
import { laneSpans } from './lane-spans';
import {
  centreOfFrame,
  frameAtX,
  rulerTicks,
  scaleFrom,
  scaleShowing,
  visibleRange,
  wholeScale,
  xOfFrame,
  zoomedScale,
} from './timeline-scale';

it('finds the frame under a position, and the position of a frame', () => {
  const scale = wholeScale(132, 1000);
  for (let frameIndex = 0; frameIndex < 132; frameIndex++) {
    expect(frameAtX(centreOfFrame(frameIndex, scale), scale)).toBe(frameIndex);
  }
  expect(frameAtX(-20, scale)).toBe(0);
  expect(frameAtX(5000, scale)).toBe(131);
  expect(xOfFrame(132, scale)).toBe(1000);
  expect(frameAtX(3, wholeScale(5, 0))).toBe(0);
});

it('numbers frames in round steps that do not run together', () => {
  expect(rulerTicks(wholeScale(132, 1000)).labelled.slice(0, 3)).toEqual([0, 10, 20]);
  const many = rulerTicks(wholeScale(9000, 1000));
  expect(many.labelled).toEqual([0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000]);
  expect(many.minor.length).toBeLessThan(1000 / 7);
  expect(rulerTicks(wholeScale(1, 1000)).labelled).toEqual([0]);
  expect(rulerTicks(wholeScale(10, 0)).labelled).toEqual([]);
});

it('zooms around a position, stays within the video and follows the playhead', () => {
  const whole = wholeScale(1000, 500);
  const near = zoomedScale(whole, 200, 10);
  expect(near).toMatchObject({ firstVisible: 360, visibleFrames: 100 });
  expect(frameAtX(200, near)).toBe(400);
  expect(frameAtX(200, whole)).toBe(400);
  expect(zoomedScale(near, 200, 0.01)).toEqual(whole);
  expect(zoomedScale(whole, 0, 1e9).visibleFrames).toBe(8);
  expect(scaleFrom(near, 990, 100).firstVisible).toBe(900);
  expect(scaleShowing(near, 400)).toBe(near);
  expect(visibleRange(scaleShowing(near, 700))).toEqual([650, 751]);
  expect(rulerTicks(near).labelled).toEqual([360, 380, 400, 420, 440]);
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
