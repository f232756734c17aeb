import { afterEach, describe, expect, it, vi } from 'vitest';
import { LiveFrames } from './decode/live-frames';
import type { FrameLimits } from './decode/decoding';
import { VideoFrames, type FrameReader } from './decode/video-frames';
import { demuxFile } from './demux/demux-file';
import { openSource } from './demux/open-source';
import { readFrameNumber } from './read-frame-number';

const files = import.meta.glob<string>('../../e2e/media/*.{mp4,mkv,webm,gif}', {
  query: '?url',
  import: 'default',
  eager: true,
});
const never = new AbortController().signal;
/** I420, 128 × 96. */
const frameBytes = (128 * 96 * 3) / 2;
const frameCount = 36;
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
const orders = [upTo(frameCount), upTo(frameCount).reverse(), upTo(frameCount).map((n) => (n * 17) % frameCount)];

let opened: { frames: VideoFrames; live: LiveFrames } | null = null;

async function open(name: string, limits: Partial<FrameLimits> = {}) {
  const file = await (await fetch(files[`../../e2e/media/${name}`]!)).blob();
  const live = new LiveFrames();
  const frames = await VideoFrames.open(await demuxFile(file, never), live, never, limits);
  opened = { frames, live };
  return { frames, live, read: (reader: FrameReader, frameIndex: number) => numberOf(live, reader, frameIndex) };
}

async function numberOf(live: LiveFrames, reader: FrameReader, frameIndex: number): Promise<number> {
  const frame = await reader.frame(frameIndex);
  try {
    return await readFrameNumber(frame);
  } finally {
    live.close(frame);
  }
}

/** No test may leave a frame open. */
afterEach(async () => {
  vi.unstubAllGlobals();
  opened?.frames.close();
  await expect.poll(() => opened?.live.count ?? 0).toBe(0);
  opened = null;
});

describe('within limits', () => {
  it.each<[string, Partial<FrameLimits>]>([
    ['of a chip that has little memory', { maxNativeFrames: 2 }],
    ['of a chip that has hardly any', { maxNativeFrames: 0 }],
    ['of five frames', { maxBytes: 5 * frameBytes, lookAhead: 1, queueLength: 2 }],
    ['of one frame', { maxFrames: 1, lookAhead: 1, queueLength: 1 }],
  ])('%s, every frame is right', async (_, limits) => {
    const { frames, live, read } = await open('b-frames.mp4', limits);
    const reader = frames.reader();
    for (const order of orders) {
      for (const frameIndex of order) {
        expect(await read(reader, frameIndex)).toBe(frameIndex);
        expect(frames.cacheBytes).toBeLessThanOrEqual(limits.maxBytes ?? frameCount * frameBytes);
        expect(live.count).toBeLessThanOrEqual(frameCount + 10);
      }
    }
  });
});

describe('readers', () => {
  it('at different places do not disturb each other', async () => {
    const { frames, read } = await open('b-frames.mp4');
    const [page, tracker] = [frames.reader(), frames.reader()];
    for (const step of upTo(10)) {
      expect(await read(page, 25 + step)).toBe(25 + step);
      expect(await read(tracker, step)).toBe(step);
    }
    // GOPs of 12: none is decoded twice, but for what the second decoder needs to get going.
    expect(frames.decodedFrames).toBeLessThanOrEqual(frameCount + 8);
  });

  it('get the newest request first, and the others all the same', async () => {
    const { frames, read } = await open('b-frames.mp4');
    const reader = frames.reader();
    const served: number[] = [];
    await Promise.all([33, 18, 30, 8].map(async (frameIndex) => served.push(await read(reader, frameIndex))));
    expect(served[0]).toBe(8);
    expect(served.toSorted((a, b) => a - b)).toEqual([8, 18, 30, 33]);
  });

  it('are turned away when the video is closed', async () => {
    const { frames } = await open('b-frames.mp4');
    const reader = frames.reader();
    const pending = reader.frame(35);
    frames.close();
    await expect(pending).rejects.toMatchObject({ code: 'no-video' });
    await expect(reader.frame(0)).rejects.toMatchObject({ code: 'no-video' });
  });
});

describe('a decoder', () => {
  const Native = VideoDecoder;

  /** Lets a test step in before a chunk is decoded; `fail` kills the decoder as a browser does. */
  function stubDecoder(
    onDecode: (chunk: EncodedVideoChunk, isFirst: boolean, fail: (name: string) => void) => boolean,
  ) {
    let made = 0;
    vi.stubGlobal(
      'VideoDecoder',
      class extends Native {
        readonly #fail: (name: string) => void;
        #isFirst = true;

        constructor(init: VideoDecoderInit) {
          super(init);
          made++;
          this.#fail = (name) => {
            this.close();
            init.error(new DOMException('Stubbed', name));
          };
        }

        override configure(config: VideoDecoderConfig) {
          super.configure(config);
          this.#isFirst = true;
        }

        override decode(chunk: EncodedVideoChunk) {
          const isFirst = this.#isFirst;
          this.#isFirst = false;
          if (onDecode(chunk, isFirst, this.#fail)) super.decode(chunk);
        }
      },
    );
    return { made: () => made };
  }

  it('that dies is replaced, and the frame asked again', async () => {
    let deaths = 0;
    const stub = stubDecoder((chunk, _, fail) => {
      if (chunk.timestamp < 800_000 || deaths > 0) return true;
      deaths++;
      fail('EncodingError');
      return false;
    });
    const { frames, read } = await open('b-frames.mp4');
    const reader = frames.reader();
    for (const frameIndex of upTo(frameCount)) expect(await read(reader, frameIndex)).toBe(frameIndex);
    expect(deaths).toBe(1);
    expect(stub.made()).toBe(2);
  });

  it('that was taken away while idle is replaced without ado', async () => {
    let take = () => {};
    stubDecoder((_chunk, _isFirst, fail) => {
      take = () => fail('QuotaExceededError');
      return true;
    });
    const { frames, read } = await open('b-frames.mp4');
    const reader = frames.reader();
    expect(await read(reader, 13)).toBe(13);
    take();
    expect(await read(reader, 35)).toBe(35);
    expect(await read(reader, 0)).toBe(0);
  });

  it('that cannot go beyond a sample still gives the frames before it', async () => {
    stubDecoder((chunk, _, fail) => {
      if (chunk.timestamp !== 20 * 40_000) return true;
      fail('EncodingError');
      return false;
    });
    const { frames, read } = await open('baseline.mp4');
    const reader = frames.reader();
    for (const frameIndex of [...upTo(20), ...upTo(12).map((n) => n + 24)]) {
      expect(await read(reader, frameIndex)).toBe(frameIndex);
    }
    await expect(reader.frame(20)).rejects.toMatchObject({ code: 'decode-failed', message: /Frame 21/ });
  });

  it('that refuses the key frames of open GOPs is started earlier', async () => {
    stubDecoder((chunk, isFirst, fail) => {
      if (!isFirst || chunk.timestamp === 0) return true;
      fail('EncodingError');
      return false;
    });
    const { frames, read } = await open('open-gop.mp4');
    const reader = frames.reader();
    for (const frameIndex of [35, 20, 12, 5]) expect(await read(reader, frameIndex)).toBe(frameIndex);
  });

  it('that stands still is given up', async () => {
    let isStill = false;
    stubDecoder(() => !isStill);
    const { frames, read } = await open('b-frames.mp4', { stallMs: 100 });
    const reader = frames.reader();
    expect(await read(reader, 5)).toBe(5);
    isStill = true;
    await expect(reader.frame(30)).rejects.toMatchObject({ code: 'decode-failed' });
    isStill = false;
    expect(await read(reader, 30)).toBe(30);
  });
});

describe('every frame that is made is closed', () => {
  const open = new Set<VideoFrame>();

  /** Whoever makes it: the decoders of samples and of animations, copies, clones. */
  function watchFrames() {
    open.clear();
    const [NativeFrame, NativeDecoder, NativeImages] = [VideoFrame, VideoDecoder, ImageDecoder];
    const method = <K extends 'close' | 'clone'>(name: K): VideoFrame[K] =>
      Object.getOwnPropertyDescriptor(NativeFrame.prototype, name)!.value;
    const watch = (frame: VideoFrame) => {
      open.add(frame);
      return frame;
    };
    const close = method('close');
    const clone = method('clone');
    vi.spyOn(NativeFrame.prototype, 'close').mockImplementation(function (this: VideoFrame) {
      open.delete(this);
      close.call(this);
    });
    vi.spyOn(NativeFrame.prototype, 'clone').mockImplementation(function (this: VideoFrame) {
      return watch(clone.call(this));
    });
    vi.stubGlobal(
      'VideoFrame',
      class extends NativeFrame {
        static override [Symbol.hasInstance](value: unknown) {
          return Function.prototype[Symbol.hasInstance].call(NativeFrame, value);
        }

        constructor(...init: ConstructorParameters<typeof NativeFrame>) {
          super(...init);
          watch(this);
        }
      },
    );
    vi.stubGlobal(
      'VideoDecoder',
      class extends NativeDecoder {
        constructor(init: VideoDecoderInit) {
          super({ ...init, output: (frame) => init.output(watch(frame)) });
        }
      },
    );
    vi.stubGlobal(
      'ImageDecoder',
      class extends NativeImages {
        override async decode(options?: ImageDecodeOptions) {
          const decoded = await super.decode(options);
          watch(decoded.image);
          return decoded;
        }
      },
    );
  }

  afterEach(() => vi.restoreAllMocks());

  it.each<[string, Partial<FrameLimits>]>([
    ['b-frames.mp4', {}],
    ['b-frames.mp4', { maxNativeFrames: 2 }],
    ['open-gop-cut.mkv', { maxBytes: 5 * frameBytes }],
    ['clockwise-90.mp4', { maxFrames: 3 }],
    ['open-gop.mp4', { maxFrames: 3 }],
    ['vp8.webm', {}],
    ['moving.gif', {}],
    ['b-frames.mp4 cut', {}],
    ['pictures', { maxFrames: 2 }],
  ])('of %s, within %o', async (name, limits) => {
    const [clip = ''] = name.split(' ');
    const whole = await (await fetch(files[`../../e2e/media/${clip === 'pictures' ? 'moving.gif' : clip}`]!)).blob();
    const chosen =
      clip === 'pictures'
        ? upTo(6).map((n) => ({ path: `${n}.png`, file: whole }))
        : [{ path: clip, file: name.endsWith('cut') ? damaged(await whole.arrayBuffer()) : whole }];
    watchFrames();
    const live = new LiveFrames();
    const source = await openSource(chosen, {}, never);
    const frames = await VideoFrames.open(source, live, never, limits);
    const count = source.frames.frameSamples.length;
    const [reader, glance] = [frames.reader(), frames.reader(false)];
    for (const order of [upTo(count), upTo(count).reverse(), upTo(count).map((n) => (n * 17) % count)]) {
      for (const frameIndex of order) (await reader.frame(frameIndex).catch(() => null))?.close();
    }
    for (const frameIndex of [count - 1, count >> 1]) (await glance.decoded(frameIndex).catch(() => null))?.close();
    expect(open.size).toBeGreaterThan(0);
    // In the middle of things.
    const pending = [reader.frame(count - 1), glance.decoded(count >> 1), reader.frame(0), glance.frame(1)];
    frames.close();
    for (const result of await Promise.allSettled(pending)) if (result.status === 'fulfilled') result.value.close();
    await expect.poll(() => open.size).toBe(0);
  });
});

/** NAL units whose lengths make no sense, in the middle. */
function damaged(file: ArrayBuffer): Blob {
  const bytes = new Uint8Array(file);
  bytes.fill(0xff, bytes.length * 0.4, bytes.length * 0.45);
  return new Blob([bytes]);
}
