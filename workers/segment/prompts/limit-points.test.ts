import { expect, it } from 'vitest';
import { maxModelPoints, type PointPrompt } from '../../protocol/prompt';
import { limitPoints } from './limit-points';

const point = (x: number, label: 0 | 1 = 1): PointPrompt => ({ xNorm: x / 100, yNorm: 0.5, label });

it('takes the newest points and a spread of the older ones, of both labels', () => {
  const few = Array.from({ length: maxModelPoints }, (_, n) => point(n));
  expect(limitPoints(few, maxModelPoints)).toEqual(few);

  // A cluster of old ones, one far away and one that is outside; the newest lie in a row.
  const old = [point(0), point(0.1), point(0.2), point(0.3), point(90), point(0.4), point(0.15, 0)];
  const newest = [point(40), point(41), point(42)];
  const kept = limitPoints([...old, ...newest], 6);
  expect(kept.map(({ xNorm, label }) => [Math.round(xNorm * 1000) / 10, label])).toEqual([
    [0, 1],
    [90, 1],
    [0.2, 0],
    [40, 1],
    [41, 1],
    [42, 1],
  ]);
  expect(limitPoints([...old, ...newest], 1)).toEqual([newest[2]]);
});
