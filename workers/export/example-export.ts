/** A small export for tests of formats: every kind of mask there is, drawn so that a person can check the files. */
import type { ExportFormat } from '../protocol/export-formats';
import type { ExportObject, ExportRequest } from '../protocol/export-contract';
import type { MaskRle } from '../protocol/mask';
import { encodeRle } from '../rle/rle';
import type { FileEntry, FormatModule, FrameOfMasks } from './format';

const width = 7;
const height = 5;

/** `#` is inside; rows from the top. */
export function drawn(...rows: string[]): MaskRle {
  const pixels = rows.flatMap((row) => Array.from(row, (pixel) => (pixel === '#' ? 1 : 0)));
  return encodeRle(pixels, rows[0]!.length, rows.length);
}

const ring = drawn('.......', '.###...', '.#.#...', '.###...', '.......');
const pieces = drawn('##.....', '##.....', '..#....', '.....##', '.....##');
const onePixel = drawn('.......', '.......', '...#...', '.......', '.......');
const full = drawn('#######', '#######', '#######', '#######', '#######');
const empty = drawn('.......', '.......', '.......', '.......', '.......');

const base = { featherPx: 0, prompts: [] };
const car: ExportObject = { ...base, id: 3, name: 'Red "car" <1>', category: 'car', frames: [0, 1, 3] };
const dog: ExportObject = { ...base, id: 8, name: 'Dog & cat', category: 'dog', frames: [1, 2] };
const bus: ExportObject = { ...base, id: 12, name: 'Bus', category: 'car', frames: [1] };

/** The dog is absent on frame 2, the car was not tracked there; on frame 1 three overlap. */
export const exampleFrames: FrameOfMasks[] = [
  { frameIndex: 0, masks: [{ object: car, rle: ring }] },
  {
    frameIndex: 1,
    masks: [
      { object: car, rle: full },
      { object: dog, rle: pieces },
      { object: bus, rle: onePixel },
    ],
  },
  { frameIndex: 2, masks: [{ object: dog, rle: empty }] },
  { frameIndex: 3, masks: [{ object: car, rle: onePixel }] },
];

/** Every fifth frame of a longer video. */
export function exampleRequest(format: ExportFormat): ExportRequest {
  return {
    format,
    video: {
      name: 'my clip.mp4',
      width,
      height,
      frameCount: 4,
      timestampsUs: Float64Array.of(0, 40_000, 80_000, 120_000),
      durationUs: 160_000,
      sourceFrames: Uint32Array.of(100, 105, 110, 115),
      sourceStartUs: 4_000_000,
      sourceFrameCount: 400,
      codec: 'avc1.64001f',
      sizeBytes: 1,
      parts: [{ name: null, size: null, frameCount: null }],
      part: 0,
    },
    objects: [car, dog, bus],
    model: { name: 'nano', version: '1.0.0', provider: 'wasm' },
  };
}

export async function* inTurn(frames: readonly FrameOfMasks[]): AsyncGenerator<FrameOfMasks> {
  yield* frames;
}

/** Whole files by name. */
export async function filesOf(entries: AsyncIterable<FileEntry>): Promise<Map<string, Blob>> {
  const files = new Map<string, Blob>();
  for await (const { name, input } of entries) {
    const piece = input instanceof Uint8Array ? Uint8Array.from(input) : input;
    files.set(name, new Blob([files.get(name) ?? '', piece]));
  }
  return files;
}

export async function writeExample(format: ExportFormat, { write }: FormatModule): Promise<Map<string, Blob>> {
  return filesOf(write(exampleRequest(format), inTurn(exampleFrames)));
}
