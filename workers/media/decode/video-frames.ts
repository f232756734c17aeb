/** The frames of one open video, upright, for any number of readers. */
import { MaskletError } from '../../protocol/errors';
import type { EncodedVideo } from '../encoded-video';
import { checkDecodable, mayDecodeInHardware } from './check-decodable';
import { FrameCache, type CacheLimits } from './frame-cache';
import { FrameDecoder, type DecoderLimits } from './frame-decoder';
import type { LiveFrames } from './live-frames';
import { pictureGeometry, UprightFrames, type PictureGeometry } from './upright-frame';

export type FrameLimits = CacheLimits & DecoderLimits;

/** One place in the video. Its frames are the caller's to close. */
export type FrameReader = {
  /** @throws `frame-out-of-range`, `decode-failed`, `no-video` when the video is closed meanwhile */
  frame(frameIndex: number): Promise<VideoFrame>;
};

const ordinaryLimits: FrameLimits = {
  maxBytes: 256 * 2 ** 20,
  maxFrames: 512,
  maxNativeFrames: Infinity,
  lookAhead: 4,
  queueLength: 4,
  stallMs: 10_000,
};

/**
 * In a chip's memory for frames: it has some 5 (4K) to 17 to spare, among them those that readers hold, and stands still
 * without any.
 */
const maxNativeFramesOfHardware = 6;

export class VideoFrames {
  readonly geometry: PictureGeometry;
  readonly #video: EncodedVideo;
  readonly #live: LiveFrames;
  readonly #limits: FrameLimits;
  readonly #cache: FrameCache;
  readonly #upright: UprightFrames;
  readonly #decoders: FrameDecoder[] = [];
  /** Has decoded the first frame already; goes to the first reader. */
  #firstDecoder: FrameDecoder | null;
  #isClosed = false;

  /**
   * Decodes the first frame, because only the decoder knows how large its pictures are. A video whose first frame is
   * damaged opens with the size that the container states.
   * @param limits for tests; those left out depend on the video
   * @param signal ends the opening; the promise rejects with its reason
   * @throws `unsupported-codec`, `frame-too-large`
   */
  static async open(
    video: EncodedVideo,
    live: LiveFrames,
    signal: AbortSignal,
    limits: Partial<FrameLimits> = {},
  ): Promise<VideoFrames> {
    await checkDecodable(video);
    const allLimits = { ...(await limitsFor(video.config)), ...limits };
    const cache = new FrameCache(allLimits, live);
    const decoder = new FrameDecoder(video, cache, live, allLimits);
    const abort = () => decoder.close();
    signal.addEventListener('abort', abort);
    try {
      signal.throwIfAborted();
      const first = await decoder.frame(0).catch(() => null);
      const geometry = geometryOf(video, first);
      if (first) live.close(first);
      signal.throwIfAborted();
      return new VideoFrames(video, live, allLimits, cache, geometry, decoder);
    } catch (error) {
      decoder.close();
      cache.clear();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  private constructor(
    video: EncodedVideo,
    live: LiveFrames,
    limits: FrameLimits,
    cache: FrameCache,
    geometry: PictureGeometry,
    firstDecoder: FrameDecoder,
  ) {
    this.geometry = geometry;
    this.#video = video;
    this.#live = live;
    this.#limits = limits;
    this.#cache = cache;
    this.#upright = new UprightFrames(geometry, live);
    this.#decoders.push(firstDecoder);
    this.#firstDecoder = firstDecoder;
  }

  get cacheBytes(): number {
    return this.#cache.bytes;
  }

  get decodedFrames(): number {
    return this.#decoders.reduce((total, { decodedFrames }) => total + decodedFrames, 0);
  }

  /**
   * A reader has a decoder of its own, so that a page that shows frame 100 and a tracker at frame 20 do not send one
   * decoder to and fro, a GOP each time. They share the cache.
   */
  reader(): FrameReader {
    let decoder = this.#firstDecoder;
    this.#firstDecoder = null;
    return {
      frame: (frameIndex) => {
        if (!decoder) {
          decoder = new FrameDecoder(this.#video, this.#cache, this.#live, this.#limits);
          this.#decoders.push(decoder);
        }
        return this.#frame(decoder, frameIndex);
      },
    };
  }

  close(): void {
    this.#isClosed = true;
    for (const decoder of this.#decoders) decoder.close();
    this.#cache.clear();
  }

  async #frame(decoder: FrameDecoder, frameIndex: number): Promise<VideoFrame> {
    const { timestampsUs } = this.#video.frames;
    const timestampUs = timestampsUs[frameIndex];
    if (timestampUs === undefined) {
      throw new MaskletError(
        'frame-out-of-range',
        `There is no frame ${frameIndex}: this video has frames 0 to ${timestampsUs.length - 1}.`,
      );
    }
    const decoded = await decoder.frame(frameIndex);
    try {
      if (this.#isClosed) throw new MaskletError('no-video', 'The video was closed.');
      return this.#upright.upright(decoded, timestampUs);
    } finally {
      this.#live.close(decoded);
    }
  }
}

/** A cache that holds few frames must not be filled with those ahead. */
async function limitsFor(config: VideoDecoderConfig): Promise<FrameLimits> {
  const { codedWidth = 0, codedHeight = 0 } = config;
  const framesInCache = Math.floor(ordinaryLimits.maxBytes / Math.max(1, codedWidth * codedHeight * 1.5));
  return {
    ...ordinaryLimits,
    lookAhead: Math.max(1, Math.min(ordinaryLimits.lookAhead, framesInCache >> 2)),
    queueLength: Math.max(1, Math.min(ordinaryLimits.queueLength, framesInCache >> 1)),
    maxNativeFrames: (await mayDecodeInHardware(config)) ? maxNativeFramesOfHardware : Infinity,
  };
}

function geometryOf({ config, pixelAspect, orientation }: EncodedVideo, first: VideoFrame | null): PictureGeometry {
  const { codedWidth = 1, codedHeight = 1 } = config;
  const picture = first?.visibleRect ?? { width: codedWidth, height: codedHeight };
  const statedByBitstream = first ? first.displayWidth / first.displayHeight / (picture.width / picture.height) : 1;
  return pictureGeometry(picture, pixelAspect ?? statedByBitstream, orientation);
}
