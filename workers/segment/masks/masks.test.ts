import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cubic, planResize, resizePlane, triangle } from '../../resample/antialiased-resize';
import { cleanUp, keepSeededPieces } from './clean-up';
import { maskResults, type MaskLike, type MaskView } from './mask-result';
import { resizeLogits } from './resize-logits';
import { resolveOverlaps } from './resolve-overlaps';
import { checkRle, decodeRle, encodeRle, measureRle } from '../../rle/rle';

/** The plain way: interpolate every pixel, then threshold. */
function denseMask(logits: Float32Array, lw: number, lh: number, width: number, height: number): Uint8Array {
  const at = (n: number, source: number, target: number): [number, number, number] => {
    const position = Math.max(0, (n + 0.5) * Math.fround(source / target) - 0.5);
    const low = Math.min(Math.floor(position), source - 1);
    return [low, Math.min(low + 1, source - 1), position - low];
  };
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const [top, bottom, v] = at(y, lh, height);
    for (let x = 0; x < width; x++) {
      const [left, right, u] = at(x, lw, width);
      const above = logits[top * lw + left]! * (1 - u) + logits[top * lw + right]! * u;
      const below = logits[bottom * lw + left]! * (1 - u) + logits[bottom * lw + right]! * u;
      pixels[y * width + x] = above * (1 - v) + below * v > 0 ? 1 : 0;
    }
  }
  return pixels;
}

const mask = fc
  .record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) })
  .chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      pixels: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: width * height, maxLength: width * height }),
    }),
  );

describe('run lengths', () => {
  it('give back the mask they were made from, and measure it', () => {
    fc.assert(
      fc.property(mask, ({ width, height, pixels }) => {
        const rle = encodeRle(pixels, width, height);
        checkRle(rle);
        expect([...decodeRle(rle)]).toEqual(pixels);
        const area = pixels.reduce((sum, pixel) => sum + pixel, 0);
        expect(measureRle(rle)).toEqual({ area, box: area === 0 ? null : exactBox(pixels, width) });
      }),
    );
  });

  it('are column-major and start with background, as COCO has them', () => {
    expect([...encodeRle([1, 0, 1, 1], 2, 2).counts]).toEqual([0, 2, 1, 1]);
    expect(() => checkRle({ width: 2, height: 2, counts: Uint32Array.of(1, 2) })).toThrow(/cover 3 pixels, not 2 × 2/);
  });
});

describe('mask at the video size', () => {
  it('equals interpolating every pixel, whatever the sizes and logits', () => {
    const logits = fc.array(
      fc.oneof(
        fc.constant(-1024),
        fc.integer({ min: -400, max: 400 }).map((n) => n / 10 + 0.03),
      ),
      { minLength: 64, maxLength: 64 },
    );
    fc.assert(
      fc.property(logits, fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 70 }), (values, width, height) => {
        const low = Float32Array.from(values);
        const { rle, area, box } = resizeLogits(low, 8, 8, width, height);
        const dense = denseMask(low, 8, 8, width, height);
        // A value within rounding of zero may fall on either side.
        const differing = decodeRle(rle).reduce((sum, pixel, n) => sum + Math.abs(pixel - dense[n]!), 0);
        expect(differing).toBeLessThanOrEqual(Math.ceil(width * height * 0.002));
        expect(area).toBe(decodeRle(rle).reduce((sum, pixel) => sum + pixel, 0));
        expect(box).toEqual(area === 0 ? null : exactBox(decodeRle(rle), width));
        checkRle(rle);
      }),
      { numRuns: 300 },
    );
  });
});

function exactBox(pixels: ArrayLike<number>, width: number): unknown {
  const xs: number[] = [];
  const ys: number[] = [];
  Array.from(pixels).forEach((pixel, n) => {
    if (!pixel) return;
    xs.push(n % width);
    ys.push(Math.floor(n / width));
  });
  return { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs) + 1, y1: Math.max(...ys) + 1 };
}

describe('antialiased resize', () => {
  it('has weights that sum to one and stay inside the source', () => {
    for (const kernel of [triangle, cubic]) {
      for (const [source, target] of [
        [720, 256],
        [64, 256],
        [5, 5],
        [1, 9],
        [97, 13],
      ] as const) {
        const plan = planResize(source, target, kernel);
        for (let n = 0; n < target; n++) {
          const weights = plan.weights.subarray(n * plan.taps, n * plan.taps + plan.count[n]!);
          expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
          expect(plan.first[n]! + plan.count[n]!).toBeLessThanOrEqual(source);
        }
      }
    }
  });

  it('equals PyTorch antialias=True on a shrunk ramp', () => {
    // torch.nn.functional.interpolate(torch.arange(10.).view(1, 1, 1, 10), (1, 4), mode='bilinear', antialias=True)
    const expected = [1, 3.24, 5.76, 8];
    const actual = resizePlane(
      Float32Array.from({ length: 10 }, (_, n) => n),
      10,
      1,
      4,
      1,
      triangle,
    );
    actual.forEach((value, n) => expect(value).toBeCloseTo(expected[n]!, 5));
  });
});

describe('clean-up', () => {
  const rows = ['##..#', '#...#', '.....', '#####', '.#...'];
  const logits = Float32Array.from(rows.join(''), (cell) => (cell === '#' ? 4 : -3));

  it('keeps the pieces that hold a click and drops the rest', () => {
    const kept = keepSeededPieces(logits, 5, [0, 21]);
    expect([...kept].map((logit) => (logit > 0 ? '#' : '.')).join('')).toBe(
      ['##...', '#....', '.....', '#####', '.#...'].join(''),
    );
    expect(kept[4]).toBeLessThan(0);
  });

  it('drops nothing when no click is inside the mask, or all pieces hold one', () => {
    expect(keepSeededPieces(logits, 5, [2])).toBe(logits);
    expect(keepSeededPieces(logits, 5, [])).toBe(logits);
    expect(keepSeededPieces(logits, 5, [0, 4, 15])).toBe(logits);
  });
});

describe('clean-up by area', () => {
  it('takes the same cells as a flood that walks from cell to cell', () => {
    /** The cells reached from each one over 8 neighbours of its own sign. */
    const flooded = (logits: Float32Array, width: number, from: number): number[] => {
      const height = logits.length / width;
      const seen = new Set([from]);
      for (const cell of seen) {
        const [x, y] = [cell % width, Math.floor(cell / width)];
        for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
          for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
            if (logits[ny * width + nx]! > 0 === logits[cell]! > 0) seen.add(ny * width + nx);
          }
        }
      }
      return [...seen];
    };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 90 }),
        fc.nat(12),
        fc.boolean(),
        (width, cells, area, isHoles) => {
          const whole = cells.slice(0, Math.max(width, cells.length - (cells.length % width)));
          while (whole.length % width !== 0) whole.push(false);
          const logits = Float32Array.from(whole, (isInside) => (isInside ? 3 : -3));
          const repairs = isHoles
            ? { fillHoleArea: area, removeIslandArea: 0 }
            : { fillHoleArea: 0, removeIslandArea: area };
          const expected = logits.map((logit, n) => {
            const isSmall = logit > 0 !== isHoles && flooded(logits, width, n).length <= area;
            return isSmall ? (isHoles ? 0.1 : -10) : logit;
          });
          expect([...cleanUp(logits, width, repairs)]).toEqual([...expected]);
        },
      ),
    );
  });

  const rows = ['######', '#.##.#', '######', '......', '#...##'];
  const logits = Float32Array.from(rows.join(''), (cell) => (cell === '#' ? 4 : -3));
  const shape = (cleaned: Float32Array): string[] =>
    [...cleaned]
      .map((logit) => (logit > 0 ? '#' : '.'))
      .join('')
      .match(/.{6}/g)!;

  it('fills holes and removes islands up to an area, and nothing larger', () => {
    expect(shape(cleanUp(logits, 6, { fillHoleArea: 1, removeIslandArea: 0 }))).toEqual([
      '######',
      '######',
      '######',
      '......',
      '#...##',
    ]);
    expect(shape(cleanUp(logits, 6, { fillHoleArea: 0, removeIslandArea: 1 }))).toEqual([
      ...rows.slice(0, 4),
      '....##',
    ]);
    expect(shape(cleanUp(logits, 6, { fillHoleArea: 0, removeIslandArea: 2 }))).toEqual([
      ...rows.slice(0, 4),
      '......',
    ]);
    expect(cleanUp(logits, 6, { fillHoleArea: 0, removeIslandArea: 0 })).toBe(logits);
    // A filled hole is just inside, as in the reference.
    expect(cleanUp(logits, 6, { fillHoleArea: 1, removeIslandArea: 0 })[7]).toBeCloseTo(0.1);
  });
});

describe('masks that may not overlap', () => {
  it('give every pixel to the largest logit, and leave the rest as it was', () => {
    const logits = fc.array(
      fc.integer({ min: -60, max: 60 }).map((n) => n / 10 + 0.03),
      { minLength: 16, maxLength: 16 },
    );
    fc.assert(
      fc.property(fc.array(logits, { minLength: 1, maxLength: 4 }), (all) => {
        const masks = all.map((values) => Float32Array.from(values));
        const alone = masks.map((mask) => decodeRle(resizeLogits(mask, 4, 4, 13, 9).rle));
        const claims = masks.map((mask) => ({ rle: resizeLogits(mask, 4, 4, 13, 9).rle, logits: mask }));
        const together = resolveOverlaps(claims, 13, 9).map(({ rle, area, box }) => {
          expect(measureRle(rle)).toEqual({ area, box });
          return decodeRle(rle);
        });
        for (let p = 0; p < 13 * 9; p++) {
          const owners = together.filter((mask) => mask[p] === 1).length;
          const wanted = alone.some((mask) => mask[p] === 1) ? 1 : 0;
          expect(owners).toBe(wanted);
          together.forEach((mask, n) => expect(mask[p]!).toBeLessThanOrEqual(alone[n]![p]!));
        }
      }),
    );
  });

  it('do not overlap after repairs either, and a grown mask takes nothing that another is surer of', () => {
    // Two halves that share the columns in the middle.
    const side = 8;
    const half = (isInside: (x: number) => number) =>
      Float32Array.from({ length: side * side }, (_, at) => isInside(at % side));
    const left = half((x) => 4 - x);
    const right = half((x) => x - 2.5);
    const masks = [left, right].map((maskLogits, n) => ({
      object: n + 1,
      mask: {
        frameIndex: 0,
        occlusionScore: 5,
        predictedIou: 0.9,
        origin: 'track',
        version: 1,
        maskLogits,
      } as MaskLike,
    }));
    const repair = { fillHoleArea: 0, removeIslandArea: 0, growPx: 3, smoothPx: 1, featherPx: 0 };
    const seen = (nonOverlapping: boolean, own: MaskView['own']) =>
      maskResults(masks, {
        width: 32,
        height: 24,
        fillHoleArea: 0,
        removeIslandArea: 0,
        nonOverlapping,
        own,
      }).map(({ rle }) => decodeRle(rle));
    const shared = ([a, b]: Uint8Array[]) => a!.reduce((sum, pixel, at) => sum + (pixel & b![at]!), 0);
    const none: MaskView['own'] = new Map();
    const both: MaskView['own'] = new Map([1, 2].map((object) => [object, repair]));
    expect(shared(seen(false, both))).toBeGreaterThan(shared(seen(false, none)));
    expect(shared(seen(true, both))).toBe(0);
    const plain = seen(true, none);
    // The one that is repaired alone grows only where the other is less sure or not at all.
    const grown = seen(true, new Map([[1, repair]]));
    expect(shared(grown)).toBe(0);
    expect(grown[1]).toEqual(plain[1]);
  });
});

it('leaves what a person painted to the object they painted it for, until they say something else there', () => {
  const all = { width: 4, height: 4, counts: Uint32Array.of(0, 16) };
  const left = { width: 4, height: 4, counts: Uint32Array.of(0, 8, 8) };
  const [low, high] = [new Float32Array(16).fill(1), new Float32Array(16).fill(10)];
  const areas = (...claims: Parameters<typeof resolveOverlaps>[0]) =>
    resolveOverlaps(claims, 4, 4).map(({ area }) => area);
  const painted = (statedAt: number) => ({ statedAt, isPainted: true });
  // Painted over what was painted.
  expect(areas({ rle: all, logits: high, ...painted(1) }, { rle: left, logits: high, ...painted(2) })).toEqual([8, 8]);
  // A click on a thing under the paint; and paint over what was clicked.
  expect(areas({ rle: all, logits: high, ...painted(1) }, { rle: left, logits: low, statedAt: 2 })).toEqual([8, 8]);
  expect(areas({ rle: all, logits: low, ...painted(2) }, { rle: left, logits: high, statedAt: 1 })).toEqual([16, 0]);
  // Nobody spoke of the tracked one here.
  expect(areas({ rle: left, logits: low, ...painted(1) }, { rle: all, logits: high })).toEqual([8, 8]);
  // Of two that the model made, the surer one has it.
  expect(areas({ rle: all, logits: high, statedAt: 1 }, { rle: left, logits: low, statedAt: 2 })).toEqual([16, 0]);
});
