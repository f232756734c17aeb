import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { MaskRle } from '../protocol/mask';
import { fromCocoString, toCocoString } from './coco-string';
import { combineRle, iouRle } from './rle-algebra';
import { checkRle, decodeRle, encodeRle, measureRle } from './rle';

type Recorded = {
  size: [height: number, width: number];
  counts: [number[], number[]];
  strings: [string, string];
  areas: [number, number];
  boxes: [x: number, y: number, width: number, height: number][];
  union: number;
  intersection: number;
  iou: number;
};

it('answers as pycocotools does: strings, areas, boxes, unions, intersections, IoU', () => {
  const file = new URL('../../conformance/coco-rle.json', import.meta.url);
  const cases = JSON.parse(readFileSync(file, 'utf8')) as Recorded[];
  expect(cases.length).toBeGreaterThanOrEqual(20);
  for (const { size, counts, strings, areas, boxes, union, intersection, iou } of cases) {
    const [height, width] = size;
    const [a, b] = counts.map((runs): MaskRle => ({ width, height, counts: Uint32Array.from(runs) })) as [
      MaskRle,
      MaskRle,
    ];
    for (const [n, mask] of [a, b].entries()) {
      checkRle(mask);
      expect(toCocoString(mask.counts)).toBe(strings[n]);
      expect(fromCocoString(strings[n]!)).toEqual(mask.counts);
      const { area, box } = measureRle(mask);
      expect(area).toBe(areas[n]);
      expect(box ? [box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0] : [0, 0, 0, 0]).toEqual(boxes[n]);
      expect(encodeRle(decodeRle(mask), width, height)).toEqual(mask);
    }
    expect(measureRle(combineRle(a, b, 'union')).area).toBe(union);
    expect(measureRle(combineRle(a, b, 'intersection')).area).toBe(intersection);
    expect(measureRle(combineRle(a, b, 'difference')).area).toBe(areas[0] - intersection);
    expect(iouRle(a, b)).toBeCloseTo(union === 0 ? 1 : iou, 12);
  }
});

it('combines masks as their pixels would be', () => {
  const pair = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })).chain(([width, height]) => {
    const pixels = fc.array(fc.constantFrom(0, 1), { minLength: width * height, maxLength: width * height });
    return fc.tuple(pixels, pixels).map((both) => ({ width, height, both }));
  });
  fc.assert(
    fc.property(pair, ({ width, height, both }) => {
      const [a, b] = both.map((pixels) => encodeRle(pixels, width, height)) as [MaskRle, MaskRle];
      for (const [operation, keeps] of [
        ['union', (p: number, q: number) => p | q],
        ['intersection', (p: number, q: number) => p & q],
        ['difference', (p: number, q: number) => p & (1 - q)],
      ] as const) {
        const pixels = both[0].map((p, n) => keeps(p, both[1][n]!));
        expect(combineRle(a, b, operation)).toEqual(encodeRle(pixels, width, height));
      }
      expect(fromCocoString(toCocoString(a.counts))).toEqual(a.counts);
    }),
  );
});

it('refuses texts that no encoder writes, and says where', () => {
  expect(() => fromCocoString('ab\n')).toThrow('character 3');
  expect(() => fromCocoString('o')).toThrow('is wrong');
  expect(() => fromCocoString('ooooooooooooo0')).toThrow('is wrong');
  // A difference that would make a run negative.
  expect(() => fromCocoString('111@')).toThrow('is wrong');
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        for (const run of fromCocoString(text)) expect(run).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect((error as { code?: string }).code).toBe('invalid-argument');
      }
    }),
  );
});
