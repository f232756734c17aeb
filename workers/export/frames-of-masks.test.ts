import { expect, it } from 'vitest';
import type { ExportRequest } from '../protocol/export-contract';
import { exportFormatIds } from '../protocol/export-formats';
import type { MaskResult } from '../protocol/mask';
import { framesOfMasks } from './frames-of-masks';

const objects = [
  { id: 4, frames: [0, 2] },
  { id: 7, frames: [2, 5] },
].map((object) => ({ ...object, name: `Object ${object.id}`, category: 'object', featherPx: 0, prompts: [] }));
const request = { objects } as unknown as ExportRequest;

function mask(object: number, frameIndex: number): MaskResult {
  return { object, frameIndex, rle: { width: 1, height: 1, counts: Uint32Array.of(0, 1) } } as unknown as MaskResult;
}

it('asks once for a frame, one frame ahead, and counts the masks that are done', async () => {
  const events: string[] = [];
  const frames = framesOfMasks(
    request,
    async (frameIndex) => {
      events.push(`ask ${frameIndex}`);
      // Object 9 was not asked for; object 7 has no mask left on frame 5.
      const shown = frameIndex === 5 ? [9] : [7, 4, 9];
      return shown.map((object) => mask(object, frameIndex));
    },
    (done) => events.push(`done ${done}`),
  );
  for await (const { frameIndex, masks } of frames) {
    events.push(`write ${frameIndex}: ${masks.map(({ object }) => object.id).join()}`);
  }
  expect(events).toEqual([
    'ask 0',
    'ask 2',
    'write 0: 4',
    'done 1',
    'ask 5',
    'write 2: 4,7',
    'done 3',
    'write 5: ',
    'done 4',
  ]);
});

it('fails where a mask can not be had, and asks for no more', async () => {
  let asked = 0;
  const frames = framesOfMasks(
    request,
    async () => {
      if (++asked > 1) throw new Error('gone');
      return [];
    },
    () => undefined,
  );
  const readAll = async (): Promise<void> => {
    for await (const _ of frames);
  };
  await expect(readAll()).rejects.toThrow('gone');
  expect(asked).toBe(2);
});

it('has a writer for every format of the table, and no other', () => {
  const writers = import.meta.glob('./formats/*.format.ts');
  expect(Object.keys(writers).sort()).toEqual(exportFormatIds.map((id) => `./formats/${id}.format.ts`).sort());
});
