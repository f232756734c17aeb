/** The frames of one open video, upright, for any number of readers. */
import { asMaskletError, MaskletError } from '../../protocol/errors';
import type { EncodedVideo } from '../encoded-video';
import type { FrameTable } from '../frame-table';
import type { Animation, PictureSequence } from '../pictures';
import { decodingOf, type Decoder, type Decoding, type FrameLimits } from './decoding';
import { FrameCache } from './frame-cache';
import type { LiveFrames } from './live-frames';
import { UprightFrames, type PictureGeometry } from './upright-frame';

/** One place in the video. Its frames are the caller's to close. */
export type FrameReader = {
  /** @throws `frame-out-of-range`, `decode-failed`, `no-video` when the video is closed meanwhile */
  frame(frameIndex: number): Promise<VideoFrame>;
  /** As `frame`, but as decoded: `geometry.orientation` is still to be applied, and pixels may not be square. */
  decoded(frameIndex: number): Promise<VideoFrame>;
};

export class VideoFrames {
  readonly geometry: PictureGeometry;
  readonly #frames: FrameTable;
  readonly #live: LiveFrames;
  readonly #decoding: Decoding;
  readonly #cache: FrameCache;
  readonly #uprightFrames: UprightFrames;
  readonly #decoders: Decoder[] = [];
  /** Has decoded the first frame already; goes to the first reader. */
  #firstDecoder: Decoder | null;
  #isClosed = false;

  /**
   * Decodes the first frame, because only the decoder knows how large its pictures are.
   * @param limits for tests; those left out depend on the video
   * @param signal ends the opening; the promise rejects with its reason
   * @throws `unsupported-codec`, `frame-too-large`, `decode-failed` when the first picture of a sequence is damaged
   */
  static async open(
    source: EncodedVideo | PictureSequence | Animation,
    live: LiveFrames,
    signal: AbortSignal,
    limits: Partial<FrameLimits> = {},
  ): Promise<VideoFrames> {
    const decoding = await decodingOf(source, live, limits);
    const cache = new FrameCache(decoding.limits, live);
    const decoder = decoding.createDecoder(cache);
    const abort = () => decoder.close();
    signal.addEventListener('abort', abort);
    try {
      signal.throwIfAborted();
      const first = await decoder.frame(0).catch(asMaskletError);
      try {
        signal.throwIfAborted();
        return new VideoFrames(source.frames, live, decoding, cache, decoding.geometryOf(first), decoder);
      } finally {
        if (first instanceof VideoFrame) live.close(first);
      }
    } catch (error) {
      decoder.close();
      decoding.close();
      cache.clear();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  private constructor(
    frames: FrameTable,
    live: LiveFrames,
    decoding: Decoding,
    cache: FrameCache,
    geometry: PictureGeometry,
    firstDecoder: Decoder,
  ) {
    this.geometry = geometry;
    this.#frames = frames;
    this.#live = live;
    this.#decoding = decoding;
    this.#cache = cache;
    this.#uprightFrames = new UprightFrames(geometry, live);
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
   * @param keeps whether what it decodes is kept in the cache
   */
  reader(keeps = true): FrameReader {
    let decoder = keeps ? this.#firstDecoder : null;
    if (keeps) this.#firstDecoder = null;
    const decoded = (frameIndex: number) => {
      if (!decoder) {
        decoder = this.#decoding.createDecoder(keeps ? this.#cache : this.#cache.glance());
        this.#decoders.push(decoder);
      }
      return this.#decoded(decoder, frameIndex);
    };
    return { decoded, frame: async (frameIndex) => this.#upright(await decoded(frameIndex), frameIndex) };
  }

  close(): void {
    this.#isClosed = true;
    for (const decoder of this.#decoders) decoder.close();
    this.#decoding.close();
    this.#cache.clear();
  }

  async #decoded(decoder: Decoder, frameIndex: number): Promise<VideoFrame> {
    const { length } = this.#frames.timestampsUs;
    if (!(frameIndex in this.#frames.timestampsUs)) {
      throw new MaskletError(
        'frame-out-of-range',
        `There is no frame ${frameIndex}: this video has frames 0 to ${length - 1}.`,
      );
    }
    const decoded = await decoder.frame(frameIndex);
    try {
      if (this.#isClosed) throw new MaskletError('no-video', 'The video was closed.');
      this.#decoding.checkFrame(decoded, frameIndex, this.geometry);
      return decoded;
    } catch (error) {
      this.#live.close(decoded);
      throw error;
    }
  }

  /** Closes the frame it is given. */
  #upright(decoded: VideoFrame, frameIndex: number): VideoFrame {
    try {
      return this.#uprightFrames.upright(decoded, this.#frames.timestampsUs[frameIndex]!);
    } finally {
      this.#live.close(decoded);
    }
  }
}
