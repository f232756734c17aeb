import { expect, it } from 'vitest';
import { matroskaGeometry } from './matroska-geometry';

/** An element whose size has one byte. */
const element = (id: number[], payload: number[]) => [...id, 0x80 | payload.length, ...payload];
const tracks = (...video: number[][]) => [
  Uint8Array.from(
    element(
      [0x16, 0x54, 0xae, 0x6b],
      element([0xae], [...element([0xd7], [7]), ...element([0xe0], [...size, ...video.flat()])]),
    ),
  ),
];
const size = [...element([0xb0], [160]), ...element([0xba], [120])];
const crop = (id: number, value: number) => element([0x54, id], [value]);
const topAndBottom = [crop(0xbb, 20), crop(0xaa, 20)];
const display = (width: number, height: number) => [element([0x54, 0xb0], [width]), element([0x54, 0xba], [height])];
const margins = { left: 0, top: 20, right: 0, bottom: 20 };

it.each<[string, number[][], ReturnType<typeof matroskaGeometry>]>([
  ['nothing', [], { pixelAspect: null, margins: null }],
  ['a crop', topAndBottom, { pixelAspect: null, margins }],
  [
    'a crop on every side',
    [crop(0xcc, 1), crop(0xdd, 2), crop(0xbb, 3), crop(0xaa, 4)],
    {
      pixelAspect: null,
      margins: { left: 1, right: 2, top: 3, bottom: 4 },
    },
  ],
  ['a crop of everything', [crop(0xbb, 60), crop(0xaa, 60)], { pixelAspect: null, margins: null }],
  ['wide pixels', display(240, 120), { pixelAspect: 1.5, margins: null }],
  ['wide pixels of what is left', [...topAndBottom, ...display(240, 80)], { pixelAspect: 1.5, margins }],
  [
    'a crop that the display size does not know of',
    [...topAndBottom, ...display(160, 120)],
    { pixelAspect: null, margins },
  ],
  [
    'a display size of unknown units',
    [...display(16, 9), element([0x54, 0xb2], [4])],
    { pixelAspect: null, margins: null },
  ],
])('understands %s', (_, video, geometry) => {
  expect(matroskaGeometry(tracks(...video), 7)).toEqual(geometry);
});

it('is that of the track asked for', () => {
  expect(matroskaGeometry(tracks(...topAndBottom), 1)).toEqual({ pixelAspect: null, margins: null });
});
