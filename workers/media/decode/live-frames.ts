/** Every VideoFrame that this thread has to close. A frame nobody closes stalls a decoder sooner or later. */

export class LiveFrames {
  readonly #frames = new Set<VideoFrame>();

  get count(): number {
    return this.#frames.size;
  }

  /** Takes charge of a frame just made. */
  adopt(frame: VideoFrame): VideoFrame {
    this.#frames.add(frame);
    return frame;
  }

  close(frame: VideoFrame): void {
    this.#frames.delete(frame);
    frame.close();
  }

  /** The caller closes it from now on. */
  release(frame: VideoFrame): VideoFrame {
    this.#frames.delete(frame);
    return frame;
  }
}
