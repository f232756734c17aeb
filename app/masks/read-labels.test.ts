import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { pictureSamples, pngSamples } from './picture-samples';
import { readLabels, type PictureSamples } from './read-labels';

const width = 24;
const height = 16;
const voc = [
  [0, 0, 0],
  [128, 0, 0],
  [0, 128, 0],
  [128, 128, 0],
];

/** A disc on the left, a square on the right: how far inside each a pixel lies, in pixels. */
const disc = (at: number): number => 5.05 - Math.hypot((at % width) - 7, Math.floor(at / width) - 8);
const square = (at: number): number =>
  4.5 - Math.max(Math.abs((at % width) - 18), Math.abs(Math.floor(at / width) - 8));
const pixels = Array.from({ length: width * height }, (_, at) => at);
const discArea = pixels.filter((at) => disc(at) >= 0).length;
const squareArea = pixels.filter((at) => square(at) >= 0).length;

/** The two shapes and the ground, each a list of samples. */
function picture(
  shapes: { ground: number[]; disc: number[]; square?: number[] },
  { maxValue = 255, palette = null as PictureSamples['palette'] } = {},
): PictureSamples {
  const data = pixels.flatMap((at) =>
    disc(at) >= 0 ? shapes.disc : square(at) >= 0 ? (shapes.square ?? shapes.ground) : shapes.ground,
  );
  return { width, height, channels: shapes.ground.length, data, maxValue, palette };
}

const read = (samples: PictureSamples) => readLabels(samples)?.labels.map(({ name, area }) => [name, area]);

describe('one object', () => {
  const palette = Array.from({ length: 256 }, (_, n) => voc[n] ?? [n, 255 - n, 7]);
  it.each<[string, PictureSamples, string]>([
    ['white on black', picture({ ground: [0], disc: [255] }), '255'],
    ['grey index 1', picture({ ground: [0], disc: [1] }), '1'],
    ['one bit', picture({ ground: [0], disc: [1] }, { maxValue: 1 }), '1'],
    ['16 bit white', picture({ ground: [0], disc: [65535] }, { maxValue: 65535 }), '65535'],
    ['16 bit index 1', picture({ ground: [0], disc: [1] }, { maxValue: 65535 }), '1'],
    ['16 bit index 257', picture({ ground: [0], disc: [257] }, { maxValue: 65535 }), '257'],
    ['two greys', picture({ ground: [40], disc: [190] }), '190'],
    ['palette index 8', picture({ ground: [0], disc: [8] }, { palette }), '8'],
    ['palette index 64', picture({ ground: [0], disc: [64] }, { palette }), '64'],
    ['a palette without colours', picture({ ground: [0], disc: [3] }, { palette: palette.map(() => [0, 0, 0]) }), '3'],
    [
      'a palette that begins with white',
      picture(
        { ground: [1], disc: [0] },
        {
          palette: [
            [255, 255, 255],
            [0, 0, 0],
          ],
        },
      ),
      '255',
    ],
    [
      'a palette whose ground is another index',
      picture(
        { ground: [1], disc: [0] },
        {
          palette: [
            [200, 0, 0],
            [0, 0, 0],
          ],
        },
      ),
      '0',
    ],
    [
      'a transparent palette entry',
      picture(
        { ground: [0], disc: [1], square: [2] },
        {
          palette: [
            [0, 0, 0],
            [9, 0, 0],
            [0, 9, 0, 0],
          ],
        },
      ),
      '1',
    ],
    ['index 1 and a void of 255', picture({ ground: [0], disc: [1], square: [255] }), '1'],
    ['a dark colour', picture({ ground: [0, 0, 0], disc: [60, 20, 100] }), '#3c1464'],
    ['grey as colours', picture({ ground: [0, 0, 0], disc: [1, 1, 1] }), '1'],
    ['a colour on white', picture({ ground: [255, 255, 255], disc: [200, 0, 0] }), '#c80000'],
    ['opaque black on nothing', picture({ ground: [0, 0, 0, 0], disc: [0, 0, 0, 255] }), '#000000'],
    [
      'opaque white on transparent white',
      picture({ ground: [255, 255, 255, 0], disc: [255, 255, 255, 255] }),
      '#ffffff',
    ],
    ['grey with alpha', picture({ ground: [0, 0], disc: [0, 255] }), '#000000'],
    ['white on opaque black', picture({ ground: [0, 0, 0, 255], disc: [255, 255, 255, 255] }), '255'],
  ])('%s', (_, samples, name) => {
    expect(read(samples)).toEqual([[name, discArea]]);
  });

  it('with soft edges, cut at half', () => {
    const soft = (at: number): number => Math.max(0, Math.min(1, disc(at) + 0.5));
    const grey = { width, height, channels: 1, maxValue: 255, palette: null };
    expect(read({ ...grey, data: pixels.map((at) => Math.round(soft(at) * 255)) })).toEqual([['255', discArea]]);
    const wide = pixels.map((at) => Math.round(Math.max(0, Math.min(1, (disc(at) + 2) / 4)) * 65535));
    expect(read({ ...grey, data: wide, maxValue: 65535 })).toEqual([['65535', discArea]]);
    const alpha = pixels.flatMap((at) => [255, 255, 255, Math.round(soft(at) * 255)]);
    expect(read({ ...grey, channels: 4, data: alpha })).toEqual([['#ffffff', discArea]]);
    const noisy = pixels.map((at) => (disc(at) >= 0 ? 255 - (at % 3) : at % 4));
    expect(read({ ...grey, data: noisy })).toEqual([[expect.any(String), discArea]]);
  });

  it('or none, or no labels at all', () => {
    expect(read(picture({ ground: [0], disc: [0] }))).toEqual([]);
    expect(read(picture({ ground: [0, 0, 0, 0], disc: [0, 0, 0, 0] }))).toEqual([]);
    expect(read(picture({ ground: [255], disc: [255] }))).toEqual([['255', width * height]]);
    const photograph = pixels.flatMap((at) => [(at * 37) % 251, (at * 59) % 241, (at * 83) % 239]);
    expect(readLabels({ width, height, channels: 3, data: photograph, maxValue: 255, palette: null })).toBeNull();
  });
});

describe('several objects', () => {
  it.each<[string, PictureSamples, [string, string]]>([
    ['palette indices', picture({ ground: [0], disc: [1], square: [2] }, { palette: voc }), ['1', '2']],
    ['grey indices', picture({ ground: [0], disc: [1], square: [2] }), ['1', '2']],
    ['greys spread over the range', picture({ ground: [0], disc: [127], square: [254] }), ['127', '254']],
    ['greys up to white', picture({ ground: [0], disc: [128], square: [255] }), ['128', '255']],
    ['16 bit indices', picture({ ground: [0], disc: [1000], square: [40000] }, { maxValue: 65535 }), ['1000', '40000']],
    ['colours', picture({ ground: [0, 0, 0], disc: [0, 0, 200], square: [250, 0, 0] }), ['#0000c8', '#fa0000']],
    [
      'colours on nothing',
      picture({ ground: [0, 0, 0, 0], disc: [0, 0, 200, 255], square: [250, 0, 0, 255] }),
      ['#0000c8', '#fa0000'],
    ],
  ])('%s', (_, samples, [first, second]) => {
    const result = readLabels(samples)!;
    expect(result.labels.map(({ name, area }) => [name, area])).toEqual([
      [first, discArea],
      [second, squareArea],
    ]);
    expect(pixels.filter((at) => result.labelOf[at] === 1)).toEqual(pixels.filter((at) => disc(at) >= 0));
    expect(pixels.filter((at) => result.labelOf[at] === 2)).toEqual(pixels.filter((at) => square(at) >= 0));
  });

  it('of colours with soft edges, a pixel to the nearer', () => {
    const mix = (at: number): number[] => {
      const [inside, color] = disc(at) > square(at) ? [disc(at), [200, 40, 40]] : [square(at), [40, 200, 40]];
      const share = Math.max(0, Math.min(1, inside + 0.5));
      return color.map((value) => Math.round(share * value));
    };
    const soft = { width, height, channels: 3, data: pixels.flatMap(mix), maxValue: 255, palette: null };
    expect(read(soft)).toEqual([
      ['#28c828', squareArea],
      ['#c82828', discArea],
    ]);
  });
});

it('reads a PNG as it is stored', async () => {
  const data = Uint16Array.from(pixels, (at) => (disc(at) >= 0 ? 1 : 0));
  const png = new Blob([encode({ width, height, data, depth: 16, channels: 1 }) as Uint8Array<ArrayBuffer>]);
  expect(read(await pictureSamples(png))).toEqual([['1', discArea]]);
  const packed = { width: 5, height: 2, channels: 1, depth: 2, data: [0b00011011, 0b01000000, 0b11100100, 0b10000000] };
  expect(pngSamples(packed)).toMatchObject({ maxValue: 3, data: Uint8Array.of(0, 1, 2, 3, 1, 3, 2, 1, 0, 2) });
});
