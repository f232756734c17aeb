/** Which sample each frame shows, and when. */
export type FrameTable = {
  /** Per frame, the sample it shows; of pictures, the picture. */
  readonly frameSamples: Uint32Array;
  /** Per frame, integer µs, starting at 0. */
  readonly timestampsUs: Float64Array;
  /** Integer µs, from the first frame's start to the last frame's end. */
  readonly durationUs: number;
};

/** Frames of a whole source, or those selected of it. */
export type SourceFrames = FrameTable & {
  /** Per frame, its number in the source, ascending. */
  readonly sourceFrames: Uint32Array | Int32Array;
  /** Integer µs from the source's first frame to frame 0. */
  readonly sourceStartUs: number;
};
