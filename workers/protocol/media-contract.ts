/** The media worker: a file in, upright frames by index out. */
import type { VideoInfo } from './video';

export type MediaStats = {
  /** VideoFrames alive in the worker: cached or being decoded. */
  liveFrames: number;
  cacheBytes: number;
  decodedFrames: number;
};

/** One of the files that a person chose. */
export type SourceFile = {
  /** Below what was chosen, with `/` between folders: tells the order of pictures and the layouts of data sets. */
  path: string;
  file: Blob;
};

/** Which frames of a source to open; all of them by default. */
export type FrameSelection = {
  /** First frame. */
  from?: number | undefined;
  /** Last frame, inclusive. A number past the end means the end. */
  to?: number | undefined;
  /** Every n-th frame. */
  stride?: number | undefined;
};

export type OpenOptions = FrameSelection & {
  /** Of pictures that carry no times. Default: what their folder's name says, or 25. */
  framesPerSecond?: number | undefined;
  /** Of several videos in what is opened, the one of this place in `VideoInfo.parts`. Default: the one players would take. */
  part?: number | undefined;
};

type RecordingRequest = {
  /** Written from its start; the receiver alone holds it until the recording ends. */
  file: FileSystemFileHandle;
  /** About: a live source keeps its own time. */
  framesPerSecond: number;
};

/** A frame of a live source that is in the recording. */
export type RecordedFrame = {
  /** Its number in the file, which does not change any more. */
  frameIndex: number;
  /** Integer µs from the first frame. */
  timestampUs: number;
};

/** What other threads may ask of an open video, over their own port. */
export type FrameSource = {
  /**
   * Frame n of the open video, upright and with square pixels. The receiver owns it and must close it.
   * @throws `no-video`, `frame-out-of-range`, `decode-failed`
   */
  frame(frameIndex: number): Promise<VideoFrame>;
  /**
   * Frame n squashed to size × size, as the reference loads frames: for models on the CPU, which would otherwise wait for
   * it on their own thread.
   * @returns uint8[size, size, 3], RGB
   * @throws `no-video`, `frame-out-of-range`, `decode-failed`
   */
  squashed(frameIndex: number, size: number): Promise<Uint8ClampedArray>;
};

export type MediaApi = Pick<FrameSource, 'frame'> & {
  /**
   * Opens a video or pictures and closes what was open before, which is kept if this throws. Only the index is read, not
   * the samples.
   * @param files one video, animation, picture or zip; or the pictures of a sequence, in any order
   * @throws `not-a-video`, `unsupported-container`, `unsupported-codec`, `no-frames`, `truncated-file`,
   *   `frame-too-large`, `frame-out-of-range` when nothing is left by the selection, `invalid-argument` when there is no
   *   such part
   */
  open(files: SourceFile[], name: string, options: OpenOptions, signal: AbortSignal): Promise<VideoInfo>;
  close(): Promise<void>;
  /**
   * Frame n, small, for an overview: neither `frame`'s place in the video nor what is cached for it is given up.
   * @param height px
   * @throws as `frame`
   */
  thumbnail(frameIndex: number, height: number): Promise<ImageBitmap>;
  /** Serves `FrameSource` on a port, for the segment worker. */
  connect(port: MessagePort): Promise<void>;
  /** Begins a recording beside the open video, one at a time. @throws `busy`, `storage-full` */
  startRecording(request: RecordingRequest): Promise<void>;
  /**
   * Records the next frame of a live source, at the size of the first one. Answers when the encoder has given it back.
   * @returns null for a frame that is dropped because those before it are not done: nothing is queued
   * @throws `unsupported-codec`, `storage-full`, `no-video` when nothing is being recorded, and what else the encoder
   *   failed with
   */
  recordFrame(frame: VideoFrame): Promise<RecordedFrame | null>;
  /** Serves `FrameSource` on a port for what is being recorded, whose frames may be asked for as soon as they have a number. */
  connectRecording(port: MessagePort): Promise<void>;
  /** Completes the file with all that was recorded, also after a failure. @returns the number of frames */
  finishRecording(): Promise<number>;
  /** Gives the recording up, if there is one. */
  discardRecording(): Promise<void>;
  /** First frames of the scenes found so far, in what other threads read: ascending. */
  sceneCuts(): Promise<number[]>;
  stats(): Promise<MediaStats>;
};
