import { expect, it } from 'vitest';
import { orientationOf } from './orientation';

const one = 0x10000;
const matrix = (a: number, b: number, c: number, d: number) =>
  [a, b, 0, c, d, 0, 0, 0, 2 ** 14].map((value) => value * one);

it('turns a display matrix into one of eight orientations', () => {
  expect(orientationOf(matrix(1, 0, 0, 1))).toEqual([1, 0, 0, 1]);
  expect(orientationOf(matrix(0, 1, -1, 0))).toEqual([0, 1, -1, 0]);
  expect(orientationOf(matrix(-1, 0, 0, -1))).toEqual([-1, 0, 0, -1]);
  expect(orientationOf(matrix(-1, 0, 0, 1))).toEqual([-1, 0, 0, 1]);
});

it('leaves out scale and small angles, and takes a matrix without area for none', () => {
  expect(orientationOf(matrix(0.1, 2, -2, 0.1))).toEqual([0, 1, -1, 0]);
  expect(orientationOf(matrix(1.5, 0, 0, 1.5))).toEqual([1, 0, 0, 1]);
  expect(orientationOf(matrix(0, 0, 0, 0))).toEqual([1, 0, 0, 1]);
  expect(orientationOf([])).toEqual([1, 0, 0, 1]);
});

it('applies the track’s matrix and then the movie’s', () => {
  const clockwise = matrix(0, 1, -1, 0);
  expect(orientationOf(clockwise, clockwise)).toEqual([-1, 0, 0, -1]);
  expect(orientationOf(clockwise, matrix(-1, 0, 0, 1))).toEqual([0, 1, 1, 0]);
});
