/** The display matrices of a movie and its track as one turn of the picture. */

export type Orientation = readonly [number, number, number, number];

const upright: Orientation = [1, 0, 0, 1];

/**
 * The nearest of the eight ways to turn and mirror a picture: a, b, c, d of a matrix under which (x, y) is seen at
 * (ax + cy, bx + dy). Scale, shear and shift are left out.
 * @param matrices as in `tkhd` and `mvhd`, nine fixed-point numbers each, in the order they apply. ISO 14496-12 §6.2.2,
 * §8.3.2
 */
export function orientationOf(...matrices: ArrayLike<number>[]): Orientation {
  let [a, b, c, d]: Orientation = upright;
  for (const matrix of matrices) {
    const [p, q, r, s] = [0, 1, 3, 4].map((i) => (matrix[i] ?? 0) / 0x10000) as [number, number, number, number];
    [a, b, c, d] = [a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s];
  }
  if (a * d - b * c === 0) return upright;
  return Math.abs(a) + Math.abs(d) >= Math.abs(b) + Math.abs(c)
    ? [Math.sign(a) || 1, 0, 0, Math.sign(d) || 1]
    : [0, Math.sign(b) || 1, Math.sign(c) || 1, 0];
}
