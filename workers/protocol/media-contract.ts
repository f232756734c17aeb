/** The media worker: a file in, upright frames by index out. */
import type { VideoInfo } from './video';

export type MediaStats = {
  /** VideoFrames alive in the worker: cached or being decoded. */
  liveFrames: number;
  cacheBytes: number;
  decodedFrames: number;
};

/** What other threads may ask of an open video, over their own port. */
export type FrameSource = {
  /**
   * Frame n of the open video, upright and with square pixels. The receiver owns it and must close it.
   * @throws `no-video`, `frame-out-of-range`, `decode-failed`
   */
  frame(frameIndex: number): Promise<VideoFrame>;
};

export type MediaApi = FrameSource & {
  /**
   * Opens a file and closes the one before, which is kept if this throws. Only the index is read, not the samples.
   * @throws `not-a-video`, `unsupported-container`, `unsupported-codec`, `no-frames`, `truncated-file`, `frame-too-large`
   */
  open(file: Blob, name: string, signal: AbortSignal): Promise<VideoInfo>;
  close(): Promise<void>;
  /** Serves `FrameSource` on a port, for the segment worker. */
  connect(port: MessagePort): Promise<void>;
  stats(): Promise<MediaStats>;
};
