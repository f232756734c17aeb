/** What demuxing hands to decoding: an index of compressed samples, and a way to fetch them. Nothing else is held. */
import type { FrameTable } from './frame-table';
import type { SourceParts } from './source-parts';

/** Samples in decode order, and how to get at them. */
export type SampleIndex = {
  readonly sampleCount: number;
  /**
   * Per sample, integer µs, rising in presentation order: tells a decoder's outputs apart. Samples of the same time come
   * out in the order of their frames.
   */
  readonly chunkTimestampsUs: Float64Array;
  isSync(sample: number): boolean;
  /** Decoded for others' sake: gives no picture. */
  isHidden(sample: number): boolean;
  /**
   * The sync sample to start decoding at in order to see `sample`: the nearest one that comes before it in decode order
   * and is not shown after it. A picture shown before the sync sample it is decoded after (a leading picture of an open
   * GOP) may need the GOP before.
   * @param before looks only at sync samples before this one; the first of all where there is none
   */
  startFor(sample: number, before?: number): number;
  /** Which of the video's codings a sample is of. */
  codingOf(sample: number): number;
  /** After the last sample that is of the same coding without a break: no decoder goes on beyond it. */
  endOfCoding(sample: number): number;
};

/** How samples are coded and meant to be seen. ISO 14496-12 §8.5.2 */
export type Coding = {
  /** Without rotation, aspect ratio or crop: those are applied to the frames handed out, once. */
  readonly config: VideoDecoderConfig;
  /** As a person says it, such as `HEVC (hvc1)`. */
  readonly codecName: string;
  /** Width by height of a pixel as the container states it; null where it leaves that to the bitstream. */
  readonly pixelAspect: number | null;
  /** Pixels at the picture's sides that are not meant to be seen; null where all are. */
  readonly margins: Margins | null;
  /** Encrypted: no decoder here has the key. */
  readonly isProtected: boolean;
};

/** Whole pixels as decoded, none negative. */
export type Margins = { left: number; top: number; right: number; bottom: number };

/** `Coding`'s members are those of the first frame that can be decoded. */
export type EncodedVideo = Coding & {
  readonly kind: 'samples';
  readonly parts: SourceParts;
  /** One for most videos: recordings that were joined, or that begin unencrypted, have several. */
  readonly codings: readonly Coding[];
  readonly index: SampleIndex;
  /**
   * A frame shows exactly one sample; a sample is shown by any number of frames: none where an edit cuts it away,
   * several where edits repeat it.
   */
  readonly frames: FrameTable;
  /** a, b, c, d of the display matrix, each -1, 0 or 1: (x, y) is seen at (ax + cy, bx + dy). */
  readonly orientation: readonly [number, number, number, number];
  /**
   * Samples from `first` on, in decode order: at least one, and as many as make one sensible read.
   * @throws `truncated-file` when the file can no longer be read
   */
  read(first: number): Promise<Uint8Array<ArrayBuffer>[]>;
};
