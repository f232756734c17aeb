/** What is known of a video before any frame is decoded. */

/** One of several videos in what was opened: a track of a file, a folder's pictures, a file among others. */
export type SourcePart = {
  /** A path below what was opened; null of tracks, which have none. */
  name: string | null;
  /** As stored; null where only opening it would tell. */
  size: { width: number; height: number } | null;
  /** Null where only opening it would tell. */
  frameCount: number | null;
};

export type VideoInfo = {
  name: string;
  /** Upright and with square pixels: what a person sees, after the file's rotation and pixel aspect ratio. */
  width: number;
  height: number;
  frameCount: number;
  /** Integer µs, one per frame in presentation order, starting at 0. A frame's identity is its index here. */
  timestampsUs: Float64Array;
  /** Integer µs, from the first frame's start to the last frame's end. */
  durationUs: number;
  /**
   * Per frame, its number in the source, ascending: what exports call it. The index itself where all of a video is open;
   * not so after a trim, and where pictures are numbered by their names.
   */
  sourceFrames: Uint32Array | Int32Array;
  /** Integer µs from the source's first frame to frame 0: a frame's time in the source is this and its timestamp. */
  sourceStartUs: number;
  /** Frames of the source, open or not. */
  sourceFrameCount: number;
  /** RFC 6381, such as `avc1.64001f`; of pictures the format's name, such as `jpeg`. */
  codec: string;
  sizeBytes: number;
  /** The videos in what was opened; one, for most. */
  parts: readonly SourcePart[];
  /** Which of them is open. */
  part: number;
};
