import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MaskletError, type ErrorCode } from '../../protocol/errors';
import clips from '../../../e2e/media/clips.json';
import { demuxFile } from './demux-file';

const never = new AbortController().signal;

const read = (name: string) => new Uint8Array(readFileSync(new URL(`../../../e2e/media/${name}`, import.meta.url)));
const open = (bytes: Uint8Array<ArrayBuffer> | string) => demuxFile(new Blob([bytes]), never);

/** What opening gives away of a failure. */
async function failure(file: Uint8Array<ArrayBuffer> | string): Promise<{ code: ErrorCode; message: string }> {
  const error: unknown = await open(file).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof MaskletError)) throw new Error(`Expected a MaskletError, got ${String(error)}`);
  return { code: error.code, message: error.message };
}

/** A file of many gigabytes that are not there: reading them fails. */
function sparseFile(parts: Record<number, Uint8Array<ArrayBuffer>>, size: number) {
  let bytesRead = 0;
  const slice = (start = 0, end = size) => {
    const [at, part] = Object.entries(parts).find(
      ([offset, bytes]) => start >= Number(offset) && start < Number(offset) + bytes.length,
    ) ?? [0, undefined];
    if (!part) throw new Error(`Nothing may be read at ${start}`);
    const bytes = part.subarray(start - Number(at), Math.min(end, size) - Number(at));
    bytesRead += bytes.length;
    return new Blob([bytes]);
  };
  return { file: { size, slice } as unknown as Blob, bytesRead: () => bytesRead };
}

describe('frames are those of ffprobe', () => {
  // Where ffprobe is not followed, see sample-table.ts.
  const followed = Object.entries(clips).filter(([name]) => name !== 'two-edits.mp4' && !name.startsWith('moving'));

  it.each(followed)('%s', async (name, expected) => {
    const { frames } = await open(read(name));
    expect([...frames.timestampsUs]).toEqual(expected.timestampsUs);
    const last = expected.timestampsUs.at(-1)!;
    expect(frames.durationUs).toBeGreaterThan(last);
    expect(frames.durationUs).toBeLessThanOrEqual(last + 45_000);
  });

  it('two edits follow on each other', async () => {
    const { frames } = await open(read('two-edits.mp4'));
    expect(frames.timestampsUs).toHaveLength(clips['two-edits.mp4'].timestampsUs.length);
    expect([...frames.timestampsUs]).toEqual(Array.from({ length: 22 }, (_, frame) => frame * 40_000));
  });
});

describe('what decoding needs', () => {
  it('is the codec with its configuration', async () => {
    const avc = await open(read('b-frames.mp4'));
    expect(avc.config).toMatchObject({ codec: 'avc1.64000a', codedWidth: 128, codedHeight: 96 });
    expect(new Uint8Array(avc.config.description as ArrayBuffer)[0]).toBe(1);
    expect(avc.codecName).toBe('H.264 (avc1)');
    expect((await open(read('hevc.mp4'))).config.codec).toMatch(/^hvc1\.1\.6\.L30/);
    expect((await open(read('av1.mp4'))).config.codec).toMatch(/^av01\.0\.00M\.08/);
  });

  it('is found in the stream where the container is silent', async () => {
    const broadcast = await open(read('annex-b.mp4'));
    expect(broadcast.config.codec).toMatch(/^avc1\.42c0/);
    expect(broadcast.config.description).toBeUndefined();
    const hevc = read('hevc.mp4');
    hevc.set(Buffer.from('free'), Buffer.from(hevc).indexOf('hvcC'));
    expect(await failure(hevc)).toMatchObject({
      code: 'unsupported-container',
      message: /does not say how its video, HEVC \(hvc1\), is coded.*-c copy/,
    });
  });

  it.each<[string, VideoColorSpaceInit]>([
    ['colour-bt709-tv.mp4', { fullRange: false, matrix: 'bt709', primaries: 'bt709', transfer: 'bt709' }],
    ['colour-bt601-pc.mp4', { fullRange: true, matrix: 'smpte170m', primaries: 'smpte170m', transfer: 'smpte170m' }],
    ['colour-phone.mp4', { fullRange: true, matrix: 'bt470bg', primaries: 'smpte170m', transfer: 'smpte170m' }],
    ['colour-untagged.mp4', { fullRange: false, matrix: 'smpte170m', primaries: 'smpte170m', transfer: 'smpte170m' }],
    ['b-frames.mkv', { fullRange: false, matrix: 'smpte170m', primaries: 'smpte170m', transfer: 'smpte170m' }],
    ['vp8.webm', { fullRange: false, matrix: 'smpte170m', primaries: 'smpte170m', transfer: 'smpte170m' }],
    // What the streams of others say, decoders read themselves.
    ['av1.mp4', {}],
  ])('is how colours are meant in %s', async (name, colorSpace) => {
    expect((await open(read(name))).config.colorSpace).toEqual(colorSpace);
  });

  it('is orientation and pixel aspect ratio', async () => {
    expect((await open(read('clockwise-90.mp4'))).orientation).toEqual([0, 1, -1, 0]);
    expect((await open(read('clockwise-180.mp4'))).orientation).toEqual([-1, 0, 0, -1]);
    expect((await open(read('clockwise-270.mp4'))).orientation).toEqual([0, -1, 1, 0]);
    expect((await open(read('mirrored.mp4'))).orientation).toEqual([-1, 0, 0, 1]);
    expect(await open(read('anamorphic.mp4'))).toMatchObject({ orientation: [1, 0, 0, 1], pixelAspect: 2 });
    expect(await open(read('b-frames.mp4'))).toMatchObject({ pixelAspect: null });
  });

  it.each(['b-frames.mp4', 'fragmented.mp4', 'fragmented-offsets.mp4', 'camera.mov'])(
    'is every sample of %s, whole',
    async (name) => {
      const video = await open(read(name));
      const samples: Uint8Array[] = [];
      while (samples.length < video.index.sampleCount) samples.push(...(await video.read(samples.length)));
      expect(samples).toHaveLength(36);
      for (const sample of samples) {
        // NAL units with lengths of four bytes fill a sample exactly. ISO 14496-15 §5.3.2.
        const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength);
        let offset = 0;
        while (offset < sample.length) offset += 4 + view.getUint32(offset);
        expect(offset).toBe(sample.length);
      }
    },
  );
});

it.each(['two-tracks.mp4', 'two-tracks.mkv'])('of the tracks of %s any can be taken', async (name) => {
  const [first, second, usual] = await Promise.all(
    [0, 1, undefined].map((part) => demuxFile(new Blob([read(name)]), never, part)),
  );
  expect(first!.frames.frameSamples).toHaveLength(24);
  expect(usual).toMatchObject({ parts: second!.parts, config: second!.config });
  expect(second!.frames.frameSamples).toHaveLength(36);
  expect(second!.parts.all.map(({ size }) => size?.width)).toEqual([64, 128]);
});

describe('leading pictures of a cut', () => {
  it.each([
    ['of H.264', 'open-gop-cut.mkv', 3],
    ['of HEVC that lack what they are predicted from', 'hevc-open-gop-cut.mkv', 1],
    ['of HEVC that are whole', 'hevc-radl-cut.mkv', 0],
  ])('%s: hidden', async (_, name, count) => {
    const { index } = await open(read(name));
    const samples = Array.from({ length: index.sampleCount }, (_, sample) => sample);
    expect(samples.filter((sample) => index.isHidden(sample))).toHaveLength(count);
  });
});

describe('only the index is read', () => {
  const clip = read('b-frames.mp4');
  const moovStart = Buffer.from(clip).indexOf('moov') - 4;

  it('steps over gigabytes of samples to an index at the end', async () => {
    const size = 6 * 2 ** 30;
    const moov = clip.slice(moovStart);
    const mdatSize = BigInt(size - 32 - moov.length);
    const head = new Uint8Array(48);
    head.set(clip.subarray(0, 32));
    const view = new DataView(head.buffer);
    view.setUint32(32, 1);
    head.set(new TextEncoder().encode('mdat'), 36);
    view.setBigUint64(40, mdatSize);
    const { file, bytesRead } = sparseFile({ 0: head, [size - moov.length]: moov }, size);
    const { frames } = await demuxFile(file, never);
    expect(frames.timestampsUs).toHaveLength(36);
    expect(bytesRead()).toBeLessThan(10_000);
  });

  it('does not read what follows an index in front', async () => {
    const fast = read('baseline.mp4');
    const { file, bytesRead } = sparseFile({ 0: fast.slice(0, 4096) }, 8 * 2 ** 30);
    expect((await demuxFile(file, never)).frames.timestampsUs).toHaveLength(36);
    expect(bytesRead()).toBeLessThan(10_000);
  });

  it('stops when it is cancelled', async () => {
    await expect(demuxFile(new Blob([clip]), AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('files that are cut short', () => {
  it('are refused without their index', async () => {
    const clip = read('b-frames.mp4');
    for (const length of [40, 1000, clip.length - 500, clip.length - 1]) {
      expect(await failure(clip.slice(0, length))).toMatchObject({ code: 'truncated-file' });
    }
  });

  it('keep the frames that are there', async () => {
    const clip = read('baseline.mp4');
    const { frames } = await open(clip.slice(0, clip.length - 1));
    expect(frames.timestampsUs).toHaveLength(35);
    const half = await open(clip.slice(0, clip.length - 2000));
    expect(half.frames.timestampsUs.length).toBeGreaterThan(10);
    expect(half.frames.timestampsUs.length).toBeLessThan(35);
    const moovEnd = Buffer.from(clip).indexOf('mdat') + 4;
    expect(await failure(clip.slice(0, moovEnd))).toMatchObject({ code: 'truncated-file' });
  });

  it('keep the fragments that are there', async () => {
    const clip = read('fragmented.mp4');
    const lastMoof = Buffer.from(clip).lastIndexOf('moof');
    const { frames } = await open(clip.slice(0, lastMoof + 20));
    expect([...frames.timestampsUs]).toEqual(clips['fragmented.mp4'].timestampsUs.slice(0, 24));
  });
});

describe('Matroska', () => {
  it('frames that are never shown are none', async () => {
    const { index, frames } = await open(read('vp8.webm'));
    const hidden = Array.from({ length: index.sampleCount }, (_, sample) => sample).filter((n) => index.isHidden(n));
    expect(hidden.length).toBeGreaterThan(0);
    expect(frames.frameSamples).toHaveLength(index.sampleCount - hidden.length);
    expect([...frames.frameSamples]).not.toEqual(expect.arrayContaining([hidden[0]]));
  });

  it.each(['vp8.webm', 'vp9.webm', 'live.webm', 'b-frames.mkv'])('%s keeps the frames that are there', async (name) => {
    const whole = read(name);
    const all = (await open(whole)).frames.timestampsUs;
    const counts = [0.5, 0.7, 0.9].map(async (share) => {
      const { frames } = await open(whole.slice(0, whole.length * share));
      if (!name.endsWith('.mkv')) expect(frames.timestampsUs).toEqual(all.slice(0, frames.timestampsUs.length));
      return frames.timestampsUs.length;
    });
    const [half = 0, more = 0, most = 0] = await Promise.all(counts);
    expect(half).toBeGreaterThan(0);
    expect(more).toBeGreaterThanOrEqual(half);
    expect(most).toBeGreaterThan(half);
    expect(most).toBeLessThan(all.length);
  });

  it('frames behind damage are found again', async () => {
    const damaged = read('live.webm');
    const clusters: number[] = [];
    const id = Buffer.from([0x1f, 0x43, 0xb6, 0x75]);
    for (let at = Buffer.from(damaged).indexOf(id); at >= 0; at = Buffer.from(damaged).indexOf(id, at + 1)) {
      clusters.push(at);
    }
    damaged.fill(0x55, clusters[1], clusters[1]! + 40);
    const { frames } = await open(damaged);
    expect(frames.timestampsUs.length).toBeLessThan(36);
    expect(frames.timestampsUs.at(-1)).toBe(clips['live.webm'].timestampsUs.at(-1));
  });

  it('is refused in a sentence without a frame, or without a video', async () => {
    const clip = read('vp9.webm');
    const cluster = Buffer.from(clip).indexOf(Buffer.from([0x1f, 0x43, 0xb6, 0x75]));
    expect(await failure(clip.slice(0, cluster))).toMatchObject({ code: 'truncated-file' });
    expect(await failure(clip.slice(0, 20))).toMatchObject({ code: 'truncated-file' });
  });
});

it('a file in which mediabunny would look for ever is given up', { timeout: 20_000 }, async () => {
  const empty = new Uint8Array(100_000);
  empty.set(read('vp9.webm').subarray(0, 60));
  expect(await failure(empty)).toMatchObject({ code: 'truncated-file' });
});

describe('what is no video that can be read', () => {
  it.each([
    ['text', 'The free world, and the moov of it.', 'not-a-video', /not a video/],
    ['nothing', '', 'not-a-video', /empty/],
    ['an AVI', 'RIFF\0\0\0\0AVI LIST', 'unsupported-container', /AVI.*HandBrake/],
    ['a transport stream', `G${'\0'.repeat(187)}G${'\0'.repeat(187)}`, 'unsupported-container', /MPEG transport/],
    ['a HEIC', '\0\0\0\x18ftypheic', 'not-a-video', /HEIF/],
    ['a movie of no tracks', '\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x08moov', 'no-frames', /no video/],
  ])('%s', async (_, text, code, message) => {
    const found = await failure(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    expect(found.code).toBe(code);
    expect(found.message).toMatch(message);
  });

  it('sound, and a track without samples', async () => {
    expect(await failure(read('audio-only.mp4'))).toMatchObject({ code: 'no-frames' });
    expect(await failure(read('no-samples.mp4'))).toMatchObject({ code: 'no-frames' });
  });
});

it('opens or refuses any damaged file, and always in a sentence', { timeout: 120_000 }, async () => {
  const names = [
    'baseline.mp4',
    'annex-b.mp4',
    'two-tracks.mp4',
    'two-edits.mp4',
    'fragmented.mp4',
    'fragmented-offsets.mp4',
    'camera.mov',
  ];
  const sources = [...names, 'vp8.webm', 'vp9.webm', 'live.webm', 'b-frames.mkv', 'sound-too.mkv'].map(read);
  const place = fc.noBias(fc.integer({ min: 0, max: 9999 }));
  const damage = fc.record({
    source: fc.constantFrom(...sources),
    bytes: fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 6 }),
    length: fc.option(place, { freq: 1, nil: 10_000 }),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ source, bytes, length }) => {
      // The index is where bytes matter; Matroska's is everywhere.
      const moov = Math.max(0, Buffer.from(source).indexOf('moov') - 4);
      const index = moov > 0 ? new DataView(source.buffer).getUint32(moov) : source.length;
      const damaged = source.slice();
      for (const [place, value] of bytes) damaged[moov + Math.floor((place * index) / 10_000)] = value;
      const file = damaged.slice(0, Math.floor((length * damaged.length) / 10_000));
      try {
        const video = await open(file);
        expect(video.frames.frameSamples.length).toBeGreaterThan(0);
        expect(video.frames.timestampsUs.every(Number.isFinite)).toBe(true);
        await video.read(video.index.sampleCount - 1);
      } catch (error) {
        if (!(error instanceof MaskletError)) throw error;
        expect(error.message).toMatch(/(\.|out\.mp4)$/);
      }
    }),
    { numRuns: 1000 },
  );
});
