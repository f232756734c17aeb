import { encode } from 'fast-png';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { exportFormatIds, exportFormats } from '../../protocol/export-formats';
import type { ExportRequest } from '../../protocol/export-contract';
import type { MaskRle } from '../../protocol/mask';
import type { ReadLabels } from '../../protocol/read-labels';
import { combineRle } from '../../rle/rle-algebra';
import { encodeRle, measureRle } from '../../rle/rle';
import { exampleRequest, filesOf, inTurn, writeExample } from '../example-export';
import type { FormatModule, FrameOfMasks } from '../format';
import { readLabels } from './read-labels';

const writers = import.meta.glob<FormatModule>('../formats/*.format.ts');

/** Outlines are for drawing programs; all else that is lossless comes back. */
const readable = exportFormatIds.filter((format) => exportFormats[format].isLossless && format !== 'svg');

function fromText(path: string, content: unknown): Promise<ReadLabels> {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return readLabels([{ path, blob: async () => new Blob([text]) }]);
}

type Masklets = { request: ExportRequest; frames: FrameOfMasks[] };

/** Masks of every kind, on some of the frames, of some of the objects. */
function masklets(objectCount: fc.Arbitrary<number>): fc.Arbitrary<Masklets> {
  const shape = fc.record({
    width: fc.integer({ min: 1, max: 11 }),
    height: fc.integer({ min: 1, max: 11 }),
    first: fc.integer({ min: -3, max: 120_000 }),
    step: fc.integer({ min: 1, max: 5 }),
    frameCount: fc.integer({ min: 1, max: 4 }),
    objectCount,
  });
  return shape.chain(({ width, height, first, step, frameCount, objectCount: count }) => {
    const size = width * height;
    const pixels = fc.oneof(
      fc.constant(Array<number>(size).fill(0)),
      fc.constant(Array<number>(size).fill(1)),
      fc.nat({ max: size - 1 }).map((at) => Array.from({ length: size }, (_, n) => (n === at ? 1 : 0))),
      fc.array(fc.constantFrom(0, 1), { minLength: size, maxLength: size }),
    );
    const mask = fc.option(pixels.map((values) => encodeRle(values, width, height)));
    const row = fc.array(mask, { minLength: count, maxLength: count });
    return fc.array(row, { minLength: frameCount, maxLength: frameCount }).map((rows): Masklets => {
      const request = exampleRequest('coco');
      const sourceFrames = Int32Array.from({ length: frameCount }, (_, n) => first + n * step);
      const objects = Array.from({ length: count }, (_, n) => ({
        ...request.objects[0]!,
        id: n + 1,
        name: `Object ${n}`,
        category: n % 2 === 0 ? 'car' : 'dog & "cat"',
        frames: rows.flatMap((masks, frame) => (masks[n] ? [frame] : [])),
      }));
      const frames = rows.map((masks, frameIndex) => ({
        frameIndex,
        masks: masks.flatMap((rle, n) => (rle ? [{ object: objects[n]!, rle }] : [])),
      }));
      const video = { ...request.video, width, height, frameCount, sourceFrames };
      return { request: { ...request, video, objects }, frames: frames.filter((one) => one.masks.length > 0) };
    });
  });
}

/** By object, in any order: what is seen of it by frame number. */
function seen({ request, frames }: Masklets, keepsOverlaps: boolean): string[] {
  const byObject = request.objects.map((object) =>
    frames.flatMap(({ frameIndex, masks }) => {
      const place = masks.findIndex((mask) => mask.object === object);
      if (place < 0) return [];
      const above = keepsOverlaps ? [] : masks.slice(place + 1);
      const left = above.reduce<MaskRle>((rle, one) => combineRle(rle, one.rle, 'difference'), masks[place]!.rle);
      return measureRle(left).box ? [[request.video.sourceFrames[frameIndex]!, ...left.counts]] : [];
    }),
  );
  return byObject
    .filter((masks) => masks.length > 0)
    .map((masks) => JSON.stringify(masks))
    .sort();
}

async function comesBack(format: (typeof readable)[0], given: Masklets): Promise<void> {
  const { write } = await writers[`../formats/${format}.format.ts`]!();
  const files = await filesOf(write({ ...given.request, format }, inTurn(given.frames)));
  const expected = seen(given, exportFormats[format].keepsOverlaps);
  const reading = readLabels([...files].map(([path, file]) => ({ path, blob: async () => file })));
  if (expected.length === 0) {
    await expect(reading).rejects.toMatchObject({ code: 'invalid-argument' });
    return;
  }
  const { objects, leftOut } = await reading;
  const read = objects.map(({ masks }) =>
    JSON.stringify(
      masks
        .toSorted((a, b) => a.frameNumber! - b.frameNumber!)
        .map(({ frameNumber, rle }) => [frameNumber, ...rle.counts]),
    ),
  );
  expect(read.sort()).toEqual(expected);
  expect(leftOut).toBe(0);
}

it.each(readable)('reads %s back as the same masks, whatever they are', async (format) => {
  await fc.assert(
    fc.asyncProperty(masklets(fc.integer({ min: 1, max: 4 })), (given) => comesBack(format, given)),
    {
      numRuns: 40,
    },
  );
  await fc.assert(
    fc.asyncProperty(masklets(fc.constant(32)), (given) => comesBack(format, given)),
    { numRuns: 3 },
  );
});

it('keeps names and classes where a format has a place for them', async () => {
  for (const format of ['coco', 'youtube-vis', 'sa-v', 'labelme', 'burst', 'datumaro', 'youtube-vos'] as const) {
    const files = await writeExample(format, await writers[`../formats/${format}.format.ts`]!());
    const isText = format !== 'youtube-vos';
    const read = [...files].filter(([path]) => !isText || path.endsWith('.json'));
    const { objects } = await readLabels(read.map(([path, file]) => ({ path, blob: async () => file })));
    expect(objects.map(({ name, category }) => `${name}: ${category}`)).toEqual([
      'Red "car" <1>: car',
      'Dog & cat: dog',
      'Bus: car',
    ]);
  }
});

it('reads what others write: polygons, lists of counts, boxes that are no masks', async () => {
  const coco = {
    images: [{ id: 7, width: 4, height: 3, file_name: 'shots/frame_000012.jpg' }],
    categories: [{ id: 5, name: 'cat' }],
    annotations: [
      { id: 1, image_id: 7, category_id: 5, segmentation: [[1, 0, 3, 0, 3, 2, 1, 2]] },
      { id: 2, image_id: 7, category_id: 5, segmentation: { size: [3, 4], counts: [11, 1] } },
      { id: 3, image_id: 7, category_id: 5, segmentation: [], bbox: [0, 0, 1, 1] },
    ],
  };
  expect(await fromText('instances.json', coco)).toEqual({
    objects: [
      {
        name: 'cat 1',
        category: 'cat',
        masks: [{ frameNumber: 12, rle: encodeRle([0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0], 4, 3) }],
      },
      {
        name: 'cat 2',
        category: 'cat',
        masks: [{ frameNumber: 12, rle: encodeRle([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 4, 3) }],
      },
    ],
    leftOut: 1,
  });
});

it('reads pictures of other tools: greys as numbers, colours, black cut-outs, folders of zeros and ones', async () => {
  const picture = (path: string, data: number[], channels: number) => {
    const png = encode({ width: data.length / channels, height: 1, data: Uint8Array.from(data), channels, depth: 8 });
    return { path, blob: async () => new Blob([Uint8Array.from(png)]) };
  };
  const read = async (...files: ReturnType<typeof picture>[]) => {
    const { objects } = await readLabels(files);
    return objects.map(({ name, masks }) => [
      name,
      ...masks.map(({ frameNumber, rle }) => [frameNumber, ...rle.counts]),
    ]);
  };
  // On the first frame only the first object is seen.
  expect(await read(picture('m/1.png', [0, 1, 0], 1), picture('m/2.png', [1, 2, 255], 1))).toEqual([
    ['1', [1, 1, 1, 1], [2, 0, 1, 2]],
    ['2', [2, 1, 1, 1]],
  ]);
  expect(await read(picture('7.png', [0, 0, 0, 170, 0, 10, 0, 0, 0, 0, 9, 0], 3))).toEqual([
    ['#aa000a', [7, 1, 1, 2]],
    ['#000900', [7, 3, 1]],
  ]);
  expect(await read(picture('cut-out.png', [0, 0, 0, 0, 0, 0, 0, 255], 4))).toEqual([['object', [null, 1, 1]]]);
  expect(await read(picture('a/3.png', [0, 1], 1), picture('b/3.png', [1, 1], 1))).toEqual([
    ['a', [3, 1, 1]],
    ['b', [3, 0, 2]],
  ]);
  expect(await read(picture('3.png', [0, 255], 1))).toEqual([['object', [3, 1, 1]]]);
});

it('tells where files are wrong, and makes nothing of their claims', async () => {
  const image = { id: 1, width: 4, height: 3, file_name: '1.jpg' };
  const annotated = (segmentation: unknown) => ({ images: [image], annotations: [{ image_id: 1, segmentation }] });
  const cvat = (mask: string) =>
    `<annotations><original_size><width>4</width><height>3</height></original_size><track id="2" label="a"><mask frame="5" ${mask}/></track></annotations>`;
  const png = new Uint8Array(64);
  png.set([
    0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 127, 255, 255, 255, 0, 0, 0, 9,
  ]);
  const cases: [file: string, content: unknown, place: string][] = [
    ['a.json', '{"annotations": [', 'a.json'],
    ['a.json', [], 'a.json'],
    ['a.json', {}, 'annotations'],
    ['a.json', { annotations: [{ image_id: 2 }], images: [image] }, 'annotations[0].image_id'],
    ['a.json', annotated({ size: [3, 4], counts: 'ab\n' }), 'annotations[0].segmentation.counts'],
    ['a.json', annotated({ size: [3, 4], counts: [5] }), 'annotations[0].segmentation.counts'],
    ['a.json', annotated({ size: [3, 4], counts: [1e300] }), 'annotations[0].segmentation.counts'],
    ['a.json', annotated({ size: [1e6, 1e6], counts: [1e12] }), 'annotations[0].segmentation.size'],
    ['a.json', annotated([[1, 2]]), 'annotations[0].segmentation[0]'],
    ['a.json', { videos: [], annotations: [{ segmentations: [] }] }, 'videos: 0'],
    ['a.json', { shapes: [{ label: 'a', points: [[0]] }], imageWidth: 4, imageHeight: 3 }, 'a.json: shapes[0].points'],
    ['a.xml', '<html></html>', 'annotations'],
    ['a.xml', cvat('rle="1, 99999999999" left="0" top="0" width="4" height="3"'), 'track 2, frame 5'],
    ['a.xml', cvat('rle="0, 4" left="3" top="0" width="2" height="2"'), 'track 2, frame 5'],
    ['a.xml', cvat('rle="0, 3" left="0" top="0" width="2" height="2"'), 'track 2, frame 5'],
  ];
  for (const [file, content, place] of cases) {
    await expect(fromText(file, content), place).rejects.toMatchObject({ reason: ['labels-wrong', place] });
  }
  for (const bytes of [png, png.slice(0, 20), new Uint8Array()]) {
    const reading = readLabels([{ path: 'x/00001.png', blob: async () => new Blob([bytes]) }]);
    await expect(reading).rejects.toMatchObject({ reason: ['labels-wrong', 'x/00001.png'] });
  }
  await expect(readLabels([])).rejects.toMatchObject({ reason: ['no-masks-read'] });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('a.json', 'a.xml'), fc.json(), async (path, text) => {
      await expect(fromText(path, text)).rejects.toMatchObject({ code: 'invalid-argument' });
    }),
  );
});
