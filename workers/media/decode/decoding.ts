/** How one open source is decoded: what differs between samples of a stream and pictures of their own. */
import { MaskletError } from '../../protocol/errors';
import type { EncodedVideo } from '../encoded-video';
import type { Animation, PictureSequence } from '../pictures';
import { checkDecodable, checkPictureSize, mayDecodeInHardware } from './check-decodable';
import type { CacheLimits, FrameStore } from './frame-cache';
import { FrameDecoder, type DecoderLimits } from './frame-decoder';
import type { LiveFrames } from './live-frames';
import { PictureDecoder } from './picture-decoder';
import { animationReader, sequenceReader } from './picture-reader';
import { pictureGeometry, upright, type PictureGeometry } from './upright-frame';

export type FrameLimits = CacheLimits & DecoderLimits;

/** Frames by index for one reader. */
export type Decoder = Pick<FrameDecoder, 'frame' | 'close' | 'decodedFrames'>;

export type Decoding = {
  limits: FrameLimits;
  createDecoder(cache: FrameStore): Decoder;
  /**
   * @param first the first frame, or why there is none
   * @throws `frame-too-large`, and what `first` is where it is needed
   */
  geometryOf(first: VideoFrame | MaskletError): PictureGeometry;
  /** @throws `decode-failed` when a picture is of another size than the first one */
  checkFrame(frame: VideoFrame, frameIndex: number, geometry: PictureGeometry): void;
  close(): void;
};

/** GB, as browsers round it; not all of them tell. */
const { deviceMemory = 4 } = navigator as { deviceMemory?: number };
/** Of it, for frames: 512 MB of 8 GB, and no more of more. */
const cacheShare = 1 / 16;

const ordinaryLimits: FrameLimits = {
  maxBytes: Math.min(8, Math.max(1, deviceMemory)) * 2 ** 30 * cacheShare,
  maxFrames: 512,
  maxNativeFrames: Infinity,
  lookAhead: 4,
  queueLength: 4,
  // Twice, because a request is tried twice, is less than a person waits for a reason.
  stallMs: 4500,
};

/**
 * In a chip's memory for frames: it has some 5 (4K) to 17 to spare, among them those that readers hold, and stands still
 * without any.
 */
const maxNativeFramesOfHardware = 6;

/**
 * @param limits for tests; those left out depend on the video
 * @throws `unsupported-codec`, `frame-too-large`
 */
export async function decodingOf(
  source: EncodedVideo | PictureSequence | Animation,
  live: LiveFrames,
  limits: Partial<FrameLimits>,
): Promise<Decoding> {
  return source.kind === 'samples' ? ofSamples(source, live, limits) : ofPictures(source, live, limits);
}

async function ofSamples(video: EncodedVideo, live: LiveFrames, given: Partial<FrameLimits>): Promise<Decoding> {
  const refusals = await checkDecodable(video);
  const limits = { ...(await limitsFor(video.config)), ...given };
  return {
    limits,
    createDecoder: (cache) => new FrameDecoder(video, cache, live, limits, refusals),
    // A video whose first frame is damaged opens with the size that the container states.
    geometryOf(first) {
      const decoded = first instanceof VideoFrame ? first : null;
      const picture = decoded?.visibleRect ?? statedPicture(video);
      const ofBitstream = decoded ? decoded.displayWidth / decoded.displayHeight / (picture.width / picture.height) : 1;
      return pictureGeometry(picture, video.pixelAspect ?? ofBitstream, video.orientation);
    },
    // Some streams change their size; they are shown at that of the first frame.
    checkFrame() {},
    close() {},
  };
}

function statedPicture({ config: { codedWidth = 1, codedHeight = 1 }, margins }: EncodedVideo) {
  const { left, top, right, bottom } = margins ?? { left: 0, top: 0, right: 0, bottom: 0 };
  return { width: Math.max(1, codedWidth - left - right), height: Math.max(1, codedHeight - top - bottom) };
}

async function ofPictures(
  source: PictureSequence | Animation,
  live: LiveFrames,
  given: Partial<FrameLimits>,
): Promise<Decoding> {
  const limits = { ...ordinaryLimits, ...given };
  const reader = source.kind === 'pictures' ? sequenceReader(source) : await animationReader(source);
  return {
    limits,
    createDecoder: (cache) => new PictureDecoder(source.frames, reader, cache, live, limits.lookAhead),
    geometryOf(first) {
      if (first instanceof MaskletError) throw first;
      const { displayWidth: width, displayHeight: height } = first;
      checkPictureSize(width, height);
      return pictureGeometry({ width, height }, 1, upright);
    },
    checkFrame({ displayWidth, displayHeight }, frameIndex, { width, height }) {
      if (displayWidth === width && displayHeight === height) return;
      throw new MaskletError(
        'decode-failed',
        `Picture ${frameIndex + 1} is ${displayWidth} × ${displayHeight}, unlike the first one (${width} × ${height}).`,
        { reason: ['picture-size', frameIndex + 1, displayWidth, displayHeight, width, height] },
      );
    },
    close: () => reader.close(),
  };
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
