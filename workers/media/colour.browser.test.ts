/**
 * The colours that a model on the processor sees, against those that ffmpeg decodes: every matrix, range and sampling of
 * chroma, on a picture that is smooth in one half and steep in the other.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import truth from '../../e2e/media/colours.json';
import type { FrameSource, MediaApi } from '../protocol/media-contract';
import { connect, moving, type Remote } from '../protocol/rpc';

const files = import.meta.glob<string>('../../e2e/media/colour-*.mp4', {
  query: '?url',
  import: 'default',
  eager: true,
});
const side = 192;
/** Every so many pixels of so many rows are compared. */
const step = 6;
let worker: Worker;
let media: Remote<MediaApi>;
let source: Remote<FrameSource>;

beforeAll(async () => {
  worker = new Worker(new URL('./media.worker.ts', import.meta.url), { type: 'module' });
  media = connect<MediaApi>(worker);
  const { port1, port2 } = new MessageChannel();
  await media.connect(moving(port1, [port1]));
  source = connect<FrameSource>(port2);
});
afterAll(() => worker.terminate());

it.each(Object.entries(truth))('%s', async (name, base64) => {
  const file = await (await fetch(files[`../../e2e/media/${name}`]!)).blob();
  await media.open([{ path: name, file }], name, {}, new AbortController().signal);
  const pixels = await source.squashed(0, side);
  const expected = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const columns = side / step;
  expect(expected).toHaveLength(columns * columns * 3);
  const errors = expected.map((value, i) => {
    const pixel = Math.floor(i / 3);
    const at = Math.floor(pixel / columns) * step * side + (pixel % columns) * step;
    return Math.abs(value - pixels[at * 3 + (i % 3)]!);
  });
  expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(1);
});

it('is compared in nine ways', () => expect(Object.keys(truth)).toHaveLength(9));
