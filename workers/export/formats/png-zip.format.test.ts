import { decode } from 'fast-png';
import { expect, it } from 'vitest';
import type { ExportRequest } from '../../protocol/export-contract';
import type { MaskRle } from '../../protocol/mask';
import type { FileEntry, FormatModule, FrameOfMasks } from '../format';
import { write as writeMattes } from './matte-zip.format';
import { objectFolder, write } from './png-zip.format';

const request: ExportRequest = {
  format: 'png-zip',
  video: {
    name: 'clip.mp4',
    width: 3,
    height: 2,
    frameCount: 4,
    timestampsUs: Float64Array.of(0, 40_000, 80_000, 120_000),
    durationUs: 160_000,
    sourceFrames: Uint32Array.of(0, 1, 2, 3),
    sourceStartUs: 0,
    sourceFrameCount: 4,
    codec: 'avc1.64001f',
    sizeBytes: 1,
    parts: [{ name: null, size: null, frameCount: null }],
    part: 0,
  },
  objects: [
    {
      id: 1,
      name: 'Red car!',
      category: 'car',
      frames: [0, 2],
      featherPx: 2,
      prompts: [
        {
          frameIndex: 0,
          prompts: {
            points: [{ xNorm: 0.5, yNorm: 0.25, label: 1 }],
            box: { x0Norm: 0, y0Norm: 0, x1Norm: 1, y1Norm: 0.5 },
            mask: null,
          },
        },
      ],
    },
    { id: 12, name: '…', category: 'object', frames: [3], featherPx: 0, prompts: [] },
  ],
  model: { name: 'nano', version: '0.1.0', provider: 'wasm' },
};

/** Every frame that is asked for with the same mask. */
async function* framesWith(
  rle: MaskRle,
  { objects }: ExportRequest,
  without: number[] = [],
): AsyncGenerator<FrameOfMasks> {
  for (const frameIndex of [...new Set(objects.flatMap(({ frames }) => frames))].sort((a, b) => a - b)) {
    const shown = objects.filter(({ id, frames }) => frames.includes(frameIndex) && !without.includes(id));
    yield { frameIndex, masks: shown.map((object) => ({ object, rle })) };
  }
}

it('writes a folder an object, a PNG a frame, and what it takes to repeat them', async () => {
  const entries = new Map<string, FileEntry['input']>();
  // Column-major: background 1, then 2 inside, then 3 background.
  const rle = { width: 3, height: 2, counts: Uint32Array.of(1, 2, 3) };
  for await (const { name, input } of write(request, framesWith(rle, request, [12]))) {
    entries.set(name, input);
  }
  // Object 12's mask is gone: no file, and no black one in its stead.
  expect([...entries.keys()]).toEqual(['masklet.json', '001_red-car/00000.png', '001_red-car/00002.png']);
  const png = decode(entries.get('001_red-car/00000.png') as Uint8Array);
  expect(png).toMatchObject({ width: 3, height: 2, channels: 1, depth: 8 });
  expect([...png.data]).toEqual([0, 255, 0, 255, 0, 0]);
  const description = JSON.parse(entries.get('masklet.json') as string);
  expect(description).toMatchObject({
    format: 'masklet-export/1',
    video: { name: 'clip.mp4', width: 3, height: 2, timestampsUs: [0, 40_000, 80_000, 120_000] },
    model: { name: 'nano', version: '0.1.0', provider: 'wasm' },
  });
  expect(description.objects[0]).toEqual({
    id: 1,
    name: 'Red car!',
    folder: '001_red-car',
    frames: [0, 2],
    prompts: [{ frame: 0, points: [{ x: 1.5, y: 0.5, label: 1 }], box: [0, 0, 3, 1] }],
  });
});

it('writes soft mattes of feathered objects, and leaves feathers out of masks', async () => {
  const [width, height] = [16, 6];
  // The left half, column-major.
  const rle = { width, height, counts: Uint32Array.of(0, 8 * height, 8 * height) };
  const rowOf = async (format: FormatModule['write'], featherPx: number) => {
    const one: ExportRequest = { ...request, objects: [{ ...request.objects[0]!, frames: [0], featherPx }] };
    const entries: Uint8Array[] = [];
    for await (const { name, input } of format(one, framesWith(rle, one))) {
      if (name.endsWith('.png')) entries.push(input as Uint8Array);
    }
    return Array.from(decode(entries[0]!).data.slice(2 * width, 3 * width));
  };
  const binary = [...Array<number>(8).fill(255), ...Array<number>(8).fill(0)];
  expect(await rowOf(write, 3)).toEqual(binary);
  expect(await rowOf(writeMattes, 0)).toEqual(binary);
  const soft = await rowOf(writeMattes, 3);
  expect(soft.slice(0, 5)).toEqual([255, 255, 255, 255, 255]);
  expect(soft.slice(11)).toEqual([0, 0, 0, 0, 0]);
  expect(soft[7]! + soft[8]!).toBe(255);
  expect(soft[7]).toBeGreaterThan(soft[8]!);
});

it('calls frames what the source calls them, whatever part of it is open', async () => {
  const video = {
    ...request.video,
    sourceFrames: Uint32Array.of(100, 105, 110, 115),
    sourceStartUs: 4_000_000,
    sourceFrameCount: 400,
  };
  const entries = new Map<string, FileEntry['input']>();
  const rle = { width: 3, height: 2, counts: Uint32Array.of(1, 2, 3) };
  const trimmed = { ...request, video };
  for await (const { name, input } of write(trimmed, framesWith(rle, trimmed))) entries.set(name, input);
  expect([...entries.keys()].slice(1)).toEqual(['001_red-car/00100.png', '001_red-car/00110.png', '012/00115.png']);
  const description = JSON.parse(entries.get('masklet.json') as string);
  expect(description.video).toMatchObject({
    sourceFrames: [100, 105, 110, 115],
    timestampsUs: [4_000_000, 4_040_000, 4_080_000, 4_120_000],
  });
  expect(description.objects[0]).toMatchObject({ frames: [100, 110], prompts: [{ frame: 100 }] });
});

it('writes frames before number 0', async () => {
  const video = { ...request.video, sourceFrames: Int32Array.of(-2, -1, 0, 1) };
  const early = { ...request, video };
  const names: string[] = [];
  const rle = { width: 3, height: 2, counts: Uint32Array.of(1, 2, 3) };
  for await (const { name } of write(early, framesWith(rle, early))) names.push(name);
  expect(names.slice(1)).toEqual(['001_red-car/-00002.png', '001_red-car/00000.png', '012/00001.png']);
});

it('names files so that they sort and stay', () => {
  expect(objectFolder({ id: 7, name: 'Ёлка & Café 2' })).toBe('007_елка-cafe-2');
  expect(objectFolder({ id: 7, name: '/../' })).toBe('007');
  expect(objectFolder({ id: 7, name: 'con' })).toBe('007_con');
  expect(objectFolder({ id: 7, name: 'a\u0000b\n. ' })).toBe('007_a-b');
  expect(objectFolder({ id: 7, name: '한국' })).toBe('007_한국');
  for (const letter of ['x', '木', '𝔘', 'é']) {
    const folder = objectFolder({ id: 123456, name: `${letter} `.repeat(300) });
    expect(new TextEncoder().encode(folder).length).toBeLessThanOrEqual(90);
    expect(folder).toMatch(/^123456_.+[^-]$/);
  }
});
