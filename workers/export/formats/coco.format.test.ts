import { expect, it } from 'vitest';
import type { ExportRequest } from '../../protocol/export-contract';
import { fromCocoString } from '../../rle/coco-string';
import type { FrameOfMasks } from '../format';
import { write } from './coco.format';

const request: ExportRequest = {
  format: 'coco',
  video: {
    name: 'clip.mp4',
    width: 3,
    height: 2,
    frameCount: 3,
    timestampsUs: Float64Array.of(0, 40_000, 80_000),
    durationUs: 120_000,
    sourceFrames: Uint32Array.of(100, 105, 110),
    sourceStartUs: 4_000_000,
    sourceFrameCount: 400,
    codec: 'avc1.64001f',
    sizeBytes: 1,
    parts: [{ name: null, size: null, frameCount: null }],
    part: 0,
  },
  objects: [
    { id: 3, name: 'Red "car"', category: 'object', frames: [0, 2], featherPx: 4, prompts: [] },
    { id: 8, name: 'Dog', category: 'dog', frames: [2], featherPx: 0, prompts: [] },
  ],
  model: { name: 'nano', version: '1.0.0', provider: 'wasm' },
};

const inside = { width: 3, height: 2, counts: Uint32Array.of(1, 2, 3) };
const empty = { width: 3, height: 2, counts: Uint32Array.of(6) };

async function* frames(): AsyncGenerator<FrameOfMasks> {
  const [car, dog] = request.objects as [ExportRequest['objects'][0], ExportRequest['objects'][0]];
  yield { frameIndex: 0, masks: [{ object: car, rle: inside }] };
  yield {
    frameIndex: 2,
    masks: [
      { object: car, rle: empty },
      { object: dog, rle: inside },
    ],
  };
}

it('is one COCO file: frames of a video, tracks, and run lengths that are the masks', async () => {
  let text = '';
  const names = new Set<string>();
  for await (const { name, input } of write(request, frames())) {
    names.add(name);
    text += input as string;
  }
  expect([...names]).toEqual(['annotations.json']);
  const coco = JSON.parse(text);
  expect(coco.videos).toEqual([{ id: 1, name: 'clip.mp4', width: 3, height: 2, length: 3 }]);
  expect(coco.images).toHaveLength(3);
  expect(coco.images[2]).toEqual({
    id: 3,
    video_id: 1,
    frame_id: 110,
    file_name: '00110.jpg',
    width: 3,
    height: 2,
    timestamp_us: 4_080_000,
  });
  expect(coco.tracks.map(({ id, name }: { id: number; name: string }) => [id, name])).toEqual([
    [3, 'Red "car"'],
    [8, 'Dog'],
  ]);
  // The car is absent on the last frame: no annotation, and no empty one in its stead.
  expect(coco.annotations.map((one: Record<string, unknown>) => [one['id'], one['image_id'], one['track_id']])).toEqual(
    [
      [1, 1, 3],
      [2, 3, 8],
    ],
  );
  expect(coco.categories.map(({ id, name }: { id: number; name: string }) => [id, name])).toEqual([
    [1, 'object'],
    [2, 'dog'],
  ]);
  expect(coco.annotations[1]).toMatchObject({ category_id: 2 });
  expect(coco.annotations[0]).toMatchObject({ area: 2, bbox: [0, 0, 2, 2], iscrowd: 0, category_id: 1 });
  const { size, counts } = coco.annotations[0].segmentation;
  expect(size).toEqual([2, 3]);
  expect(fromCocoString(counts)).toEqual(inside.counts);
});

it('is whole also without a mask', async () => {
  let text = '';
  const none = (async function* (): AsyncGenerator<FrameOfMasks> {})();
  for await (const { input } of write(request, none)) text += input as string;
  expect(JSON.parse(text).annotations).toEqual([]);
});
