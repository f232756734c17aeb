import { makeZip } from 'client-zip';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import clips from '../../e2e/media/clips.json';
import type { FrameSource, MediaApi, OpenOptions, SourceFile } from '../protocol/media-contract';
import { connect, moving, type Remote } from '../protocol/rpc';
import type { VideoInfo } from '../protocol/video';
import { squashFrame } from '../resample/squash-frame';
import { loopedFragments } from './looped-fragments';
import { readFrameNumber } from './read-frame-number';

const files = import.meta.glob<string>('../../e2e/media/*.{mp4,mov,mkv,webm,gif,png,webp,avif}', {
  query: '?url',
  import: 'default',
  eager: true,
});

async function clip(name: string): Promise<Blob> {
  return (await fetch(files[`../../e2e/media/${name}`]!)).blob();
}

/** Where a browser owns up to the most memory that it does. */
const maxCacheBytes = 512 * 2 ** 20;

let worker: Worker;
let media: Remote<MediaApi>;
const never = new AbortController().signal;

beforeEach(() => {
  worker = new Worker(new URL('./media.worker.ts', import.meta.url), { type: 'module' });
  media = connect<MediaApi>(worker);
});
afterEach(() => worker.terminate());

const open = async (name: string, options: OpenOptions = {}) => openBlob(await clip(name), name, options);
const openBlob = (file: Blob, path = 'clip', options: OpenOptions = {}, signal = never) =>
  media.open([{ path, file }], path, options, signal);

/** The number on a frame, once its size and time are what the video says. */
async function numberOn(
  source: Pick<Remote<FrameSource>, 'frame'>,
  frameIndex: number,
  info: VideoInfo,
): Promise<number> {
  const frame = await source.frame(frameIndex);
  try {
    const { displayWidth, displayHeight, timestamp, visibleRect } = frame;
    expect({ displayWidth, displayHeight, timestamp }).toEqual({
      displayWidth: info.width,
      displayHeight: info.height,
      timestamp: info.timestampsUs[frameIndex],
    });
    expect(visibleRect).toMatchObject({ x: 0, y: 0, width: info.width, height: info.height });
    return await readFrameNumber(frame);
  } finally {
    frame.close();
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
/** Every frame once, far from the one before. */
const scattered = (count: number) => upTo(count).map((n) => (n * 17) % count);

const numbersShown: Record<string, number[]> = {
  'trimmed.mp4': upTo(20).map((n) => n + 7),
  'open-gop-cut.mkv': upTo(12).map((n) => n + 24),
  'two-edits.mp4': [...upTo(10).map((n) => n + 3), ...upTo(12).map((n) => n + 20)],
};

/** Squashed here, a frame is what the worker says it is, and no frame is left behind. */
async function expectSquashed(source: Remote<FrameSource>, frameIndex: number): Promise<void> {
  const frame = await source.frame(frameIndex);
  const expected = await squashFrame(frame, 64);
  frame.close();
  expect(await source.squashed(frameIndex, 64)).toEqual(expected);
}

describe('frame n is frame n', () => {
  const unread = /^hevc|^shapes|^[48]k|^prores|^mpeg-2/;

  it.each(Object.entries(clips).filter(([name]) => !unread.test(name)))('%s', async (name, expected) => {
    const info = await open(name);
    const count = expected.timestampsUs.length;
    const numbers = numbersShown[name] ?? upTo(count);
    expect(info).toMatchObject({ name, frameCount: count, width: expected.width, height: expected.height });

    for (const order of [upTo(count), upTo(count).reverse(), scattered(count)]) {
      const seen: number[] = [];
      for (const frameIndex of order) seen.push(await numberOn(media, frameIndex, info));
      expect(seen).toEqual(order.map((frameIndex) => numbers[frameIndex]));
    }
    await media.close();
    expect(await media.stats()).toEqual({ liveFrames: 0, cacheBytes: 0, decodedFrames: 0 });
  });

  it.each([
    ['no-offsets.mp4', 128, 96, 36],
    ['cover.mp4', 128, 96, 36],
    ['clean-aperture.mp4', 122, 93, 36],
    ['clean-aperture-turned.mp4', 122, 47, 24],
    ['cropped.mkv', 122, 93, 36],
    ['moving.avif', 64, 48, 8],
  ])('%s, where ffprobe is not followed', async (name, width, height, count) => {
    const info = await open(name);
    expect(info).toMatchObject({ frameCount: count, width, height, durationUs: count * 40_000 });
    expect([...info.timestampsUs]).toEqual(upTo(count).map((n) => n * 40_000));
    for (const order of [upTo(count), upTo(count).reverse(), scattered(count)]) {
      for (const frameIndex of order) expect(await numberOn(media, frameIndex, info)).toBe(frameIndex);
    }
    await media.close();
    expect((await media.stats()).liveFrames).toBe(0);
  });

  it('moving.webp, of which ffprobe says nothing', async () => {
    const info = await open('moving.webp');
    expect(info).toMatchObject({ frameCount: 24, width: 64, height: 48, durationUs: 960_000, codec: 'webp' });
    for (const frameIndex of [...scattered(24), ...upTo(24).reverse()]) {
      expect(await numberOn(media, frameIndex, info)).toBe(frameIndex);
    }
  });

  it('at 4K, with a bounded cache', async () => {
    const info = await open('4k.mp4');
    expect(info).toMatchObject({ width: 3840, height: 2160, frameCount: 24 });
    for (const frameIndex of [...upTo(24), ...upTo(24).reverse(), 5, 20, 11, 12]) {
      expect(await numberOn(media, frameIndex, info)).toBe(frameIndex);
      const { cacheBytes, liveFrames } = await media.stats();
      expect(cacheBytes).toBeLessThanOrEqual(maxCacheBytes);
      expect(liveFrames).toBeLessThan(60);
    }
  });

  it('at 8K, with a bounded cache', async () => {
    const info = await open('8k.mp4');
    expect([await numberOn(media, 1, info), await numberOn(media, 0, info)]).toEqual([1, 0]);
    expect((await media.stats()).cacheBytes).toBeLessThan(maxCacheBytes);
  });

  it('in ten thousand of them, with little held', async () => {
    const round = new Uint8Array(await (await clip('fragmented.mp4')).arrayBuffer());
    const info = await openBlob(loopedFragments(round, 280, 36 * 512), 'long.mp4');
    expect(info.frameCount).toBe(10_080);
    expect(info.timestampsUs[10_079]).toBe(10_079 * 40_000);
    const places = [10_079, 5000, 9999, 1, 7777, ...upTo(60).map((n) => 6060 - n), ...upTo(60).map((n) => 3000 + n)];
    for (const frameIndex of places) expect(await numberOn(media, frameIndex, info)).toBe(frameIndex % 36);
    const { cacheBytes, decodedFrames, liveFrames } = await media.stats();
    expect(cacheBytes).toBeLessThan(maxCacheBytes);
    expect(liveFrames).toBeLessThan(600);
    // Some GOPs of 12 for the jumps, and every frame of the two runs once.
    expect(decodedFrames).toBeLessThan(6 * 24 + 160);
  });

  it('for many requests at once, from two readers', async () => {
    const info = await open('b-frames.mp4');
    const { port1, port2 } = new MessageChannel();
    await media.connect(moving(port1, [port1]));
    const other = connect<FrameSource>(port2);
    const order = scattered(info.frameCount);
    const backward = [...order].reverse();
    const [here, there] = await Promise.all([
      Promise.all(order.map((frameIndex) => numberOn(media, frameIndex, info))),
      Promise.all(backward.map((frameIndex) => numberOn(other, frameIndex, info))),
    ]);
    expect(here).toEqual(order);
    expect(there).toEqual(backward);
    await expectSquashed(other, 3);
    await media.close();
    expect((await media.stats()).liveFrames).toBe(0);
  });
});

/** Of EXIF's orientations 1 to 8, how the stored picture is seen: (x, y) at (ax + cy, bx + dy). */
const exifTurns = [
  [1, 0, 0, 1],
  [-1, 0, 0, 1],
  [-1, 0, 0, -1],
  [1, 0, 0, -1],
  [0, 1, 1, 0],
  [0, 1, -1, 0],
  [0, -1, -1, 0],
  [0, -1, 1, 0],
] as const;

/** A frame as a camera stores it that was held otherwise, and says so. */
async function turnedJpeg(frame: VideoFrame, turn: (typeof exifTurns)[number], orientation: number): Promise<Blob> {
  const [a, b, c, d] = turn;
  const { displayWidth, displayHeight } = frame;
  const [width, height] = a === 0 ? [displayHeight, displayWidth] : [displayWidth, displayHeight];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  context.setTransform(a, c, b, d, a + b < 0 ? width : 0, c + d < 0 ? height : 0);
  context.drawImage(frame, 0, 0);
  const jpeg = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 })).arrayBuffer());
  // One entry of one directory. Exif 2.3 §4.6.2, §4.7.2
  const exif = [0x4578, 0x6966, 0, 0x4d4d, 42, 0, 8, 1, 0x0112, 3, 0, 1, orientation, 0, 0, 0];
  const words = [0xffe1, 2 + exif.length * 2, ...exif];
  return new Blob([
    jpeg.slice(0, 2),
    Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff])),
    jpeg.slice(2),
  ]);
}

describe('pictures', () => {
  /** Frames of a clip as pictures of their own, by path. */
  async function pictures(type: string, pathOf: (n: number) => string, count = 12): Promise<SourceFile[]> {
    await open('b-frames.mp4');
    const canvas = new OffscreenCanvas(128, 96);
    const files: SourceFile[] = [];
    for (const frameIndex of upTo(count)) {
      const frame = await media.frame(frameIndex);
      canvas.getContext('2d')!.drawImage(frame, 0, 0);
      frame.close();
      files.push({ path: pathOf(frameIndex), file: await canvas.convertToBlob({ type, quality: 0.8 }) });
    }
    return files;
  }
  const named = (n: number) => String(n).padStart(5, '0');

  it.each(['image/jpeg', 'image/png', 'image/webp'])('of %s, each its own frame', async (type) => {
    const extension = type.replace('image/', '').replace('jpeg', 'jpg');
    const files = await pictures(type, (n) => `clip/${named(n * 5)}.${extension}`);
    const info = await media.open(files.toReversed(), 'clip', { framesPerSecond: 30 }, never);
    expect(info).toMatchObject({ frameCount: 12, width: 128, height: 96, codec: type.replace('image/', '') });
    expect([...info.sourceFrames]).toEqual(upTo(12).map((n) => n * 5));
    expect(info.timestampsUs[6]).toBe(1_000_000);
    for (const order of [upTo(12), upTo(12).reverse(), scattered(12)]) {
      for (const frameIndex of order) expect(await numberOn(media, frameIndex, info)).toBe(frameIndex);
    }
    const all = upTo(12).map((frameIndex) => numberOn(media, frameIndex, info));
    expect(await Promise.all(all)).toEqual(upTo(12));
    await media.close();
    expect((await media.stats()).liveFrames).toBe(0);
  });

  it('of a data set in a ZIP archive', async () => {
    const files = await pictures('image/jpeg', (n) => `DAVIS/JPEGImages/480p/bear/${named(n)}.jpg`);
    const mask = { path: 'DAVIS/Annotations/480p/bear/00000.png', file: files[0]!.file };
    const entries = [mask, ...files].map(({ path, file }) => ({ name: path, input: file }));
    const archive = await new Response(makeZip(entries)).blob();
    const info = await openBlob(archive, 'bear.zip', { from: 2, to: 9, stride: 3 });
    expect([...info.sourceFrames]).toEqual([2, 5, 8]);
    expect(info.sourceStartUs).toBe(80_000);
    for (const frameIndex of [2, 0, 1]) expect(await numberOn(media, frameIndex, info)).toBe(2 + 3 * frameIndex);
    await expect(openBlob(archive.slice(0, 9000), 'cut.zip')).rejects.toMatchObject({ code: 'truncated-file' });
  });

  it('are upright, in all eight ways that a camera may have been held', async () => {
    const size = { width: 128, height: 96 };
    await open('b-frames.mp4');
    const frame = await media.frame(13);
    const files = await Promise.all(
      exifTurns.map(async (turn, n) => ({ path: `${n + 1}.jpg`, file: await turnedJpeg(frame, turn, n + 1) })),
    );
    frame.close();
    for (const chosen of [files, ...files.map((file) => [file])]) {
      const info = await media.open(chosen, 'held', {}, never);
      expect(info).toMatchObject({ ...size, frameCount: chosen.length });
      for (const frameIndex of upTo(chosen.length)) expect(await numberOn(media, frameIndex, info)).toBe(13);
    }
  });

  it('of several videos are opened one by one', async () => {
    const names = ['dog', 'bear', 'car-turn'];
    const lengths = [3, 5, 4];
    const files = await pictures('image/png', (n) => named(n));
    const several = names.flatMap((name, k) =>
      files.slice(0, lengths[k]).map(({ path, file }) => ({ path: `DAVIS/JPEGImages/480p/${name}/${path}.png`, file })),
    );
    const parts = [
      { name: 'bear', size: null, frameCount: 5 },
      { name: 'car-turn', size: null, frameCount: 4 },
      { name: 'dog', size: null, frameCount: 3 },
    ];
    const archive = await new Response(makeZip(several.map(({ path, file }) => ({ name: path, input: file })))).blob();
    for (const source of [several, [{ path: 'davis.zip', file: archive }]]) {
      expect(await media.open(source, 'DAVIS', {}, never)).toMatchObject({
        name: 'bear',
        frameCount: 5,
        parts,
        part: 0,
      });
      const info = await media.open(source, 'DAVIS', { part: 1 }, never);
      expect(info).toMatchObject({ name: 'car-turn', frameCount: 4, parts, part: 1 });
      expect(await numberOn(media, 3, info)).toBe(3);
      await expect(media.open(source, 'DAVIS', { part: 3 }, never)).rejects.toMatchObject({ code: 'invalid-argument' });
    }
  });

  it('beside a film are offered after it, and masks beside pictures are none of them', async () => {
    const files = await pictures('image/jpeg', (n) => `shoot/${named(n)}.jpg`, 4);
    const masks = files.map(({ path }) => ({ path: path.replace('.jpg', '_mask.png'), file: files[0]!.file }));
    const film = { path: 'shoot/film.bin', file: await clip('one-frame.mp4') };
    const notes = { path: 'shoot/notes.txt', file: new Blob(['none']) };
    const all = [...files, ...masks, notes, film];
    const first = await media.open(all, 'shoot', {}, never);
    expect(first).toMatchObject({ name: 'film.bin', frameCount: 1, part: 0 });
    expect(first.parts).toEqual([
      { name: 'film.bin', size: null, frameCount: null },
      { name: '00000.jpg', size: null, frameCount: 4 },
    ]);
    const second = await media.open(all, 'shoot', { part: 1 }, never);
    expect(second).toMatchObject({ frameCount: 4, codec: 'jpeg' });
    for (const frameIndex of upTo(4)) expect(await numberOn(media, frameIndex, second)).toBe(frameIndex);
  });

  it('are known by their bytes, whatever they are called, in a folder and in a ZIP', async () => {
    const files = await pictures('image/png', (n) => ['f-0.jfif', 'f-1', 'f-2.jpe', 'f-3.picture'][n]!, 4);
    const archive = await new Response(
      makeZip(files.map(({ path, file }) => ({ name: `./${path}`, input: file }))),
    ).blob();
    for (const source of [files, [{ path: 'f.zip', file: archive }]]) {
      const info = await media.open(source, 'f', {}, never);
      expect([...info.sourceFrames]).toEqual([0, 1, 2, 3]);
      for (const frameIndex of upTo(4)) expect(await numberOn(media, frameIndex, info)).toBe(frameIndex);
    }
  });

  it('with numbers below zero come in the order of those', async () => {
    const files = await pictures('image/png', (n) => `shot.${n < 3 ? `-000${3 - n}` : `000${n - 3}`}.png`, 6);
    const info = await media.open(files.toReversed(), 'shot', {}, never);
    expect([...info.sourceFrames]).toEqual([-3, -2, -1, 0, 1, 2]);
    for (const frameIndex of upTo(6)) expect(await numberOn(media, frameIndex, info)).toBe(frameIndex);
    expect([...(await media.open(files, 'shot', { from: 1, stride: 2 }, never)).sourceFrames]).toEqual([-2, 0, 2]);
  });

  it('may be a single one', async () => {
    const [file] = await pictures('image/png', () => 'still.png', 1);
    const info = await openBlob(file!.file, 'still.png');
    expect(info).toMatchObject({ frameCount: 1, width: 128, height: 96, durationUs: 40_000 });
    expect(await numberOn(media, 0, info)).toBe(0);
  });

  it('that are damaged, or of another size, are said by themselves', async () => {
    const files = await pictures('image/png', (n) => `${n}.png`, 4);
    files[1] = { path: '1.png', file: new Blob(['no picture']) };
    const small = new OffscreenCanvas(64, 64);
    small.getContext('2d');
    files[2] = { path: '2.png', file: await small.convertToBlob() };
    const info = await media.open(files, 'clip', {}, never);
    await expect(media.frame(1)).rejects.toMatchObject({ code: 'decode-failed', message: /Picture 2/ });
    await expect(media.frame(2)).rejects.toMatchObject({ code: 'decode-failed', message: /64 × 64/ });
    expect(await numberOn(media, 3, info)).toBe(3);
    await expect(media.open(files.slice(1), 'clip', {}, never)).rejects.toMatchObject({ code: 'decode-failed' });
    expect(await numberOn(media, 0, info)).toBe(0);
    await media.close();
    expect((await media.stats()).liveFrames).toBe(0);
  });
});

describe('several videos', () => {
  it.each(['two-tracks.mp4', 'two-tracks.mkv'])(
    'in the tracks of %s: the one that players take, or the other',
    async (name) => {
      const parts = [
        { name: null, size: { width: 64, height: 48 }, frameCount: null },
        { name: null, size: { width: 128, height: 96 }, frameCount: null },
      ];
      expect(await open(name)).toMatchObject({ name, width: 128, frameCount: 36, parts, part: 1 });
      const small = await open(name, { part: 0 });
      expect(small).toMatchObject({ name, width: 64, height: 48, frameCount: 24, parts, part: 0 });
      for (const frameIndex of scattered(24)) expect(await numberOn(media, frameIndex, small)).toBe(frameIndex + 100);
      await expect(open(name, { part: 2 })).rejects.toMatchObject({
        code: 'invalid-argument',
        message: /`part`.*0 to 1/,
      });
    },
  );

  it('of which the browser can decode one: that one, unless another is asked for', async () => {
    const { supported } = await VideoDecoder.isConfigSupported({ codec: 'hvc1.1.6.L30.90' });
    expect(await open('two-codecs.mp4')).toMatchObject({ frameCount: 36, part: supported ? 0 : 1 });
    if (!supported)
      await expect(open('two-codecs.mp4', { part: 0 })).rejects.toMatchObject({ code: 'unsupported-codec' });
  });

  it('in a folder, beside things that are none', async () => {
    const files = [
      { path: 'shoot/b/second.webm', file: await clip('vp8.webm') },
      { path: 'shoot/notes.txt', file: new Blob(['none']) },
      { path: 'shoot/first.mp4', file: await clip('one-frame.mp4') },
    ];
    const both = await media.open(files, 'shoot', {}, never);
    expect(both).toMatchObject({ name: 'second.webm', frameCount: 36, part: 0 });
    const numbered = ['clip10.3gp', 'clip2.3gp'].map((path) => ({ path, file: files[2]!.file }));
    expect((await media.open(numbered, 'clips', {}, never)).parts.map(({ name }) => name)).toEqual([
      'clip2.3gp',
      'clip10.3gp',
    ]);
    expect(both.parts.map(({ name }) => name)).toEqual(['b/second.webm', 'first.mp4']);
    expect(await media.open(files, 'shoot', { part: 1 }, never)).toMatchObject({ name: 'first.mp4', frameCount: 1 });
    expect((await media.open(files.slice(0, 2), 'shoot', {}, never)).parts).toHaveLength(1);
  });
});

describe('what cannot be opened', () => {
  const bytes = (...values: (string | number[])[]) =>
    new Blob(values.map((value) => (typeof value === 'string' ? value : new Uint8Array(value))));
  const avi = bytes('RIFF\0\0\0\0AVI LIST');
  const rar = bytes('Rar!', [0x1a, 7, 1, 0]);

  it('is named, one file or many', async () => {
    const refused = (files: SourceFile[], message: RegExp) =>
      expect(media.open(files, 'some', {}, never)).rejects.toMatchObject({ code: 'unsupported-container', message });
    await refused([{ path: 'a', file: avi }], /AVI/);
    await refused(
      [
        { path: 'a.avi', file: avi },
        { path: 'b.avi', file: avi },
      ],
      /AVI/,
    );
    await refused([{ path: 'frames.zip', file: rar }], /RAR archive.*Unpack/);
    await refused(
      [
        { path: 'frames.rar', file: rar },
        { path: 'notes.txt', file: bytes('none') },
      ],
      /RAR archive.*Unpack/,
    );
    await refused([{ path: 'x', file: bytes([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]) }], /7z/);
    await refused([{ path: 'x', file: bytes([0x1f, 0x8b, 8, 0]) }], /gzip/);
    await refused([{ path: 'x', file: bytes([0x28, 0xb5, 0x2f, 0xfd]) }], /Zstandard/);
    await refused([{ path: 'x', file: bytes('a'.repeat(257), 'ustar') }], /tar archive/);
  });

  it('is a ZIP behind a password, or packed in another way', async () => {
    const picture = await clip('moving.png');
    const whole = new Uint8Array(await new Response(makeZip([{ name: '1.png', input: picture }])).arrayBuffer());
    const directory = new TextDecoder('latin1').decode(whole).lastIndexOf('PK\x01\x02');
    const changed = (at: number, value: number) => {
      const copy = whole.slice();
      copy[directory + at] = value;
      return new Blob([copy]);
    };
    // Flags and method of the central directory. APPNOTE.TXT §4.3.12
    await expect(openBlob(changed(8, whole[directory + 8]! | 1))).rejects.toMatchObject({ message: /password/ });
    for (const [method, name] of [
      [9, 'Deflate64'],
      [12, 'bzip2'],
      [14, 'LZMA'],
      [93, 'Zstandard'],
    ] as const) {
      await expect(openBlob(changed(10, method))).rejects.toMatchObject({
        code: 'unsupported-container',
        message: expect.stringContaining(name),
      });
    }
  });
});

it('boxes in front of an MP4 do not matter', async () => {
  const file = new Uint8Array(await (await clip('fragmented.mp4')).arrayBuffer());
  for (const type of ['free', 'wide', 'skip', 'uuid', 'sidx', 'styp']) {
    const front = new Uint8Array(70_000);
    new DataView(front.buffer).setUint32(0, front.length);
    front.set(new TextEncoder().encode(type), 4);
    const info = await openBlob(new Blob([front, file]), `${type}.mp4`);
    expect(info.frameCount).toBe(36);
  }
});

describe('decoding', () => {
  it('goes on forward, and takes a GOP once backward', async () => {
    const info = await open('b-frames.mp4');
    for (const frameIndex of upTo(info.frameCount)) await numberOn(media, frameIndex, info);
    expect((await media.stats()).decodedFrames).toBe(info.frameCount);
    for (const frameIndex of upTo(info.frameCount).reverse()) await numberOn(media, frameIndex, info);
    expect((await media.stats()).decodedFrames).toBe(info.frameCount);

    await open('b-frames.mp4');
    for (const frameIndex of upTo(info.frameCount).reverse()) await numberOn(media, frameIndex, info);
    // The first frame, its look-ahead, and what a decoder needs beyond a frame to let go of it.
    expect((await media.stats()).decodedFrames).toBeLessThan(2 * info.frameCount);
  });

  it('for an overview leaves the reader where it is, and its frames in the cache', async () => {
    const info = await open('b-frames.mp4');
    expect(await numberOn(media, 0, info)).toBe(0);
    for (const frameIndex of upTo(12)) {
      const bitmap = await media.thumbnail((frameIndex * 17 + 23) % 36, 24);
      expect(bitmap).toMatchObject({ width: 32, height: 24 });
      bitmap.close();
    }
    const before = await media.stats();
    for (const frameIndex of upTo(12)) expect(await numberOn(media, frameIndex, info)).toBe(frameIndex);
    const after = await media.stats();
    // One GOP once, and what the reader looks ahead.
    expect(after.decodedFrames - before.decodedFrames).toBeLessThanOrEqual(24);
    expect(before.cacheBytes).toBeLessThan(20 * 128 * 96 * 1.5);
    await media.close();
    expect((await media.stats()).liveFrames).toBe(0);
  });

  it('leaves frames handed out alone', async () => {
    const info = await open('b-frames.mp4');
    const held = await Promise.all(upTo(info.frameCount).map((frameIndex) => media.frame(frameIndex)));
    await media.close();
    for (const [frameIndex, frame] of held.entries()) {
      // As decoded: what is upright already is not drawn again.
      expect(frame.format).toBe('I420');
      expect(await readFrameNumber(frame)).toBe(frameIndex);
      frame.close();
    }
  });
});

describe('opening another file', () => {
  it('ends requests for the old one', async () => {
    await open('b-frames.mp4');
    const pending = upTo(30).map((frameIndex) => media.frame(frameIndex));
    const settled = Promise.allSettled(pending);
    const info = await open('baseline.mp4');
    for (const result of await settled) {
      if (result.status === 'fulfilled') result.value.close();
      else expect(result.reason).toMatchObject({ code: 'no-video' });
    }
    expect(await numberOn(media, 35, info)).toBe(35);
    await media.close();
    expect((await media.stats()).liveFrames).toBe(0);
  });

  it('keeps the old one when it fails or is cancelled', async () => {
    const info = await open('b-frames.mp4');
    await expect(openBlob(new Blob(['no video']), 'notes.txt')).rejects.toMatchObject({ code: 'not-a-video' });
    const controller = new AbortController();
    const cancelled = openBlob(await clip('baseline.mp4'), 'baseline.mp4', {}, controller.signal);
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    expect(await numberOn(media, 20, info)).toBe(20);
  });

  it('keeps the one opened last', async () => {
    const both = [await clip('b-frames.mp4'), await clip('one-frame.mp4')];
    await Promise.all(both.map((file) => openBlob(file)));
    await expect(media.frame(1)).rejects.toMatchObject({ code: 'frame-out-of-range' });
    (await media.frame(0)).close();
  });
});

describe('what cannot be done is said', () => {
  it('without a video, or the frame', async () => {
    await expect(media.frame(0)).rejects.toMatchObject({ code: 'no-video' });
    const info = await open('b-frames.mp4');
    for (const frameIndex of [-1, info.frameCount, 0.5, NaN]) {
      await expect(media.frame(frameIndex)).rejects.toMatchObject({ code: 'frame-out-of-range' });
    }
  });

  it.each(['audio-only.mp4', 'no-samples.mp4'])('%s', async (name) => {
    await expect(open(name)).rejects.toMatchObject({ code: 'no-frames' });
  });

  it.each([
    ['prores.mov', /Apple ProRes.*ffmpeg/],
    ['mpeg-2.mkv', /MPEG-2.*ffmpeg/],
  ])('%s', async (name, message) => {
    await expect(open(name)).rejects.toMatchObject({ code: 'unsupported-codec', message });
  });

  it('of a codec that the browser lacks', async () => {
    const { supported } = await VideoDecoder.isConfigSupported({ codec: 'hvc1.1.6.L30.90' });
    if (supported) {
      const info = await open('hevc.mp4');
      expect(await numberOn(media, 35, info)).toBe(35);
      return;
    }
    await expect(open('hevc.mp4')).rejects.toMatchObject({
      code: 'unsupported-codec',
      message: /^This video is HEVC \(hvc1\), which this browser can't decode\. Try Safari, or convert it.*ffmpeg/,
    });
  });

  it('of frames larger than any that can be shown', async () => {
    const bytes = new Uint8Array(await (await clip('8k.mp4')).arrayBuffer());
    // Width in the sample entry. ISO 14496-12 §12.1.3.
    const entry = new TextDecoder('latin1').decode(bytes).lastIndexOf('avc1');
    new DataView(bytes.buffer).setUint16(entry + 4 + 24, 10_000);
    await expect(openBlob(new Blob([bytes]), 'large.mp4')).rejects.toMatchObject({
      code: 'frame-too-large',
      message: /10000 × 4320.*8192.*HandBrake/,
    });
  });

  it('of a file cut short: its frames up to there are shown', async () => {
    const whole = await clip('baseline.mp4');
    const info = await openBlob(whole.slice(0, whole.size - 1500), 'cut.mp4');
    expect(info.frameCount).toBeLessThan(36);
    expect(await numberOn(media, info.frameCount - 1, info)).toBe(info.frameCount - 1);
    await expect(openBlob(whole.slice(0, 100), 'cut.mp4')).rejects.toMatchObject({ code: 'truncated-file' });
  });

  it('of damaged pictures: that frame fails, and the others are shown', async () => {
    const bytes = new Uint8Array(await (await clip('baseline.mp4')).arrayBuffer());
    // Of three GOPs the one in the middle: lengths of NAL units that make no sense.
    const text = new TextDecoder('latin1').decode(bytes);
    const mdat = text.indexOf('mdat') + 4;
    const size = bytes.length - mdat;
    bytes.fill(0xff, mdat + Math.floor(size * 0.45), mdat + Math.floor(size * 0.55));
    const info = await openBlob(new Blob([bytes]), 'damaged.mp4');
    expect(await numberOn(media, 0, info)).toBe(0);
    await expect(media.frame(18)).rejects.toMatchObject({ code: 'decode-failed' });
    expect(await numberOn(media, 35, info)).toBe(35);
    expect(await numberOn(media, 3, info)).toBe(3);
    await media.close();
    expect((await media.stats()).liveFrames).toBe(0);
  });
});
