/**
 * The colours that the model sees, against those that ffmpeg decodes: BT.601 and BT.709, limited and full range.
 *
 * This proves matrix and range, on a smooth picture. Around steep changes of colour Chromium differs by more, because it
 * repeats pixels of chroma where ffmpeg's cubic filter interpolates: on a picture of gradients 64 pixels wide (BT.709,
 * limited) by 3.9/255 on average, and by 1.3/255 from ffmpeg told to repeat them too. ffmpeg's two ways differ by 3.6.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import truth from '../../e2e/media/colours.json';
import type { MediaApi } from '../protocol/media-contract';
import { connect, type Remote } from '../protocol/rpc';
import { readPixels } from '../resample/read-pixels';

const files = import.meta.glob<string>('../../e2e/media/colour-*.mp4', {
  query: '?url',
  import: 'default',
  eager: true,
});
let worker: Worker;
let media: Remote<MediaApi>;

beforeAll(() => {
  worker = new Worker(new URL('./media.worker.ts', import.meta.url), { type: 'module' });
  media = connect<MediaApi>(worker);
});
afterAll(() => worker.terminate());

it.each(Object.entries(truth))('%s', async (name, base64) => {
  const file = await (await fetch(files[`../../e2e/media/${name}`]!)).blob();
  await media.open([{ path: name, file }], name, {}, new AbortController().signal);
  const frame = await media.frame(0);
  const { data, width, height } = await readPixels(frame, 256);
  frame.close();
  const expected = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  expect(expected).toHaveLength((width * height * 3) / 16);
  const columns = width / 4;
  const errors = expected.map((value, i) => {
    const pixel = Math.floor(i / 3);
    const at = Math.floor(pixel / columns) * 4 * width + (pixel % columns) * 4;
    return Math.abs(value - data[at * 4 + (i % 3)]!);
  });
  expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(2);
});

it('is compared in four ways', () => expect(Object.keys(truth)).toHaveLength(4));
