/** What is known of a video before any frame is decoded. */

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
  /** RFC 6381, such as `avc1.64001f`. */
  codec: string;
  sizeBytes: number;
};
