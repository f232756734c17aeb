/** Damaged files of every kind, the same ones each time: whatever they do, the worker goes on, and says why within 10 s. */
import { makeZip } from 'client-zip';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MediaApi } from '../protocol/media-contract';
import { connect, type Remote } from '../protocol/rpc';

const files = import.meta.glob<string>('../../e2e/media/*.{mp4,mov,mkv,webm,gif,png,webp}', {
  query: '?url',
  import: 'default',
  eager: true,
});
const never = new AbortController().signal;
const maxMs = 10_000;
const reasons = ['not-a-video', 'unsupported-container', 'unsupported-codec', 'no-frames', 'truncated-file'];
const expected = [...reasons, 'frame-too-large', 'decode-failed'];

let worker: Worker;
let media: Remote<MediaApi>;
let deaths = 0;

beforeAll(() => {
  worker = new Worker(new URL('./media.worker.ts', import.meta.url), { type: 'module' });
  worker.addEventListener('error', () => deaths++);
  media = connect<MediaApi>(worker);
});
afterAll(() => worker.terminate());

async function bytesOf(name: string): Promise<Uint8Array<ArrayBuffer>> {
  if (name === 'pictures.zip') {
    const picture = await bytesOf('moving.png');
    const archive = ['1.png', '2.png', '3.png'].map((path) => ({ name: path, input: picture }));
    return new Uint8Array(await new Response(makeZip(archive)).arrayBuffer());
  }
  if (name === 'still.jpg') {
    const canvas = new OffscreenCanvas(64, 48);
    const context = canvas.getContext('2d')!;
    context.fillStyle = 'tan';
    context.fillRect(9, 9, 30, 20);
    return new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg' })).arrayBuffer());
  }
  return new Uint8Array(await (await fetch(files[`../../e2e/media/${name}`]!)).arrayBuffer());
}

/** Numbers of [0, 1), the same ones for the same seed: xorshift32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Cut short, a stretch lost, or bytes changed: few, or many. */
function damage(whole: Uint8Array<ArrayBuffer>, n: number): Uint8Array<ArrayBuffer> {
  const random = randomFrom(0x9e3779b9 + n * 977);
  const at = () => Math.floor(random() * whole.length);
  if (n % 4 === 0) return whole.slice(0, at());
  const damaged = whole.slice();
  if (n % 4 === 1) {
    const start = at();
    damaged.fill(0, start, start + whole.length / 8);
    return damaged;
  }
  const changes = n % 4 === 2 ? 3 : whole.length / 20;
  for (let change = 0; change < changes; change++) damaged[at()] = Math.floor(random() * 256);
  return damaged;
}

/** Opens it and asks for some frames; resolves with the codes of what failed. */
async function use(bytes: Uint8Array<ArrayBuffer>): Promise<string[]> {
  const codes: string[] = [];
  const timed = async <T>(task: Promise<T>): Promise<T | null> => {
    const { promise: deadline, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject({ code: 'no answer', message: `within ${maxMs} ms` }), maxMs);
    const answer = Promise.race([task, deadline]).finally(() => clearTimeout(timer));
    return answer.catch((error: { code: string; message: string }) => {
      codes.push(error.code);
      expect(error.message.length).toBeGreaterThan(10);
      return null;
    });
  };
  const info = await timed(media.open([{ path: 'damaged', file: new Blob([bytes]) }], 'damaged', {}, never));
  if (!info) return codes;
  const { frameCount } = info;
  for (const frameIndex of new Set([0, frameCount - 1, frameCount >> 1, Math.floor(frameCount / 3)])) {
    (await timed(media.frame(frameIndex)))?.close();
  }
  return codes;
}

const kinds = [
  'baseline.mp4',
  'annex-b.mp4',
  'two-tracks.mp4',
  'fragmented.mp4',
  'camera.mov',
  'av1.mp4',
  'vp8.webm',
  'vp9.webm',
  'live.webm',
];
const others = ['b-frames.mkv', 'av1.webm', 'moving.gif', 'moving.png', 'moving.webp', 'still.jpg', 'pictures.zip'];

it.each([...kinds, ...others])('%s', { timeout: 300_000 }, async (name) => {
  const whole = await bytesOf(name);
  expect(await use(whole)).toEqual([]);
  for (let n = 0; n < 100; n++) {
    for (const code of await use(damage(whole, n))) {
      expect(expected, `damage ${n}`).toContain(code);
    }
  }
  // What is left behind is nothing, and the next one is as right as ever.
  expect(await use(whole)).toEqual([]);
  await media.close();
  expect(await media.stats()).toEqual({ liveFrames: 0, cacheBytes: 0, decodedFrames: 0 });
  expect(deaths).toBe(0);
});
