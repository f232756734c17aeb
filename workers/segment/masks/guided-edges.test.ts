import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { edgeRadius, guideEdges, stepsPerCell } from './guided-edges';

type Recorded = { grid: number; logits: number[]; picture: number[]; values: number[] };

const grid = 12;
const side = grid * stepsPerCell;

function disc(radius: number, cx: number, cy: number): Float32Array {
  return Float32Array.from(
    { length: grid * grid },
    (_, n) => 4 * (radius - Math.hypot((n % grid) - cx, Math.floor(n / grid) - cy)),
  );
}

function flat(...colour: readonly [number, number, number]): Uint8ClampedArray {
  return Uint8ClampedArray.from({ length: side * side * 3 }, (_, n) => colour[n % 3]!);
}

describe('guideEdges', () => {
  it('gives what the definition gives, window by window, as recorded', () => {
    const cases = JSON.parse(
      readFileSync(new URL('../../../conformance/guided-edges.json', import.meta.url), 'utf8'),
    ) as Recorded[];
    expect(cases.length).toBeGreaterThanOrEqual(3);
    for (const { logits, picture, values } of cases) {
      const guided = guideEdges(Float32Array.from(logits), Uint8ClampedArray.from(picture));
      expect(guided).toHaveLength(values.length);
      expect(Math.max(...values.map((value, n) => Math.abs(value - guided[n]!)))).toBeLessThan(1e-5);
    }
  });

  it('smooths by a box where the picture has one colour', () => {
    const logits = disc(3.2, 5, 6);
    const guided = guideEdges(logits, flat(90, 90, 90));
    type Grid = (x: number, y: number) => number;
    /** Three cells each way, weighted. */
    const around = (of: Grid, weights: readonly number[]): Grid => {
      return (x, y) => {
        let total = 0;
        for (let dy = -1; dy <= 1; dy++) {
          for (let dx = -1; dx <= 1; dx++) total += weights[dx + 1]! * weights[dy + 1]! * of(x + dx, y + dy);
        }
        return total;
      };
    };
    const box = [1 / 3, 1 / 3, 1 / 3];
    const boxed = around(
      around((x, y) => 1 / (1 + Math.exp(-logits[y * grid + x]!)), box),
      box,
    );
    // The four middle pixels of a cell lie an eighth of a cell off its centre, to each side.
    const expected = around(boxed, [1 / 16, 7 / 8, 1 / 16]);
    for (const [x, y] of [
      [4, 5],
      [7, 6],
      [3, 8],
    ] as const) {
      const middle = [0, 1].flatMap((dy) => [0, 1].map((dx) => guided[(y * 4 + 1 + dy) * side + x * 4 + 1 + dx]!));
      expect(middle.reduce((sum, value) => sum + value, 0) / 4 + 0.5).toBeCloseTo(expected(x, y), 5);
    }
  });

  it('moves an edge to where the colour changes', () => {
    const picture = flat(40, 60, 50);
    const isInside = (x: number, y: number): boolean => x >= 14 && x < 38 && y >= 9 && y < 33;
    const cover = new Float32Array(grid * grid);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        if (!isInside(x, y)) continue;
        picture.set([200, 90, 80], (y * side + x) * 3);
        cover[(y >> 2) * grid + (x >> 2)]! += 1 / 16;
      }
    }
    const guided = guideEdges(
      cover.map((share) => 8 * (share - 0.5)),
      picture,
    );
    let wrong = 0;
    for (let n = 0; n < guided.length; n++) {
      if (guided[n]! > 0 !== isInside(n % side, Math.floor(n / side))) wrong++;
    }
    // The coarse grid alone is half a cell off along two sides: about 90 pixels.
    expect(wrong).toBeLessThan(15);
  });

  it('keeps small objects and leaves absent ones absent', () => {
    expect([0, 4, 100, 400, 4096].map(edgeRadius)).toEqual([1, 1, 1, 2, 3]);
    const picture = Uint8ClampedArray.from({ length: side * side * 3 }, (_, n) => (n * 7919) % 97);
    const logits = new Float32Array(grid * grid).fill(-6);
    for (const cell of [5 * grid + 6, 5 * grid + 7, 6 * grid + 6, 6 * grid + 7]) logits[cell] = 6;
    for (let y = 20; y < 28; y++)
      for (let x = 24; x < 32; x++) picture.fill(255, (y * side + x) * 3, (y * side + x) * 3 + 3);
    const small = guideEdges(logits, picture);
    for (let y = 22; y < 26; y++) for (let x = 26; x < 30; x++) expect(small[y * side + x]).toBeGreaterThan(0);
    expect(small.filter((value) => value > 0).length).toBeLessThan(200);
    const absent = guideEdges(new Float32Array(grid * grid).fill(-1024), picture);
    expect(Math.max(...absent)).toBeLessThan(0);
  });
});
