/** Frames of a live source at one size: that of the first. A phone may be turned, and a shared window pulled larger. */

export class FrameFitter {
  readonly width: number;
  readonly height: number;
  #canvas: OffscreenCanvas | null = null;

  /** Encoders want even sides. */
  constructor({ displayWidth, displayHeight }: VideoFrame) {
    this.width = Math.max(2, displayWidth - (displayWidth % 2));
    this.height = Math.max(2, displayHeight - (displayHeight % 2));
  }

  /**
   * The picture upright and whole, in the middle of black where it has another shape. Shares the pixels of `frame` where
   * it fits as it is. `frame` stays the caller's.
   */
  fit(frame: VideoFrame, timestampUs: number): VideoFrame {
    const { width, height } = this;
    const rect = frame.visibleRect;
    const isUpright = !isTurned(frame);
    const fits = isUpright && rect?.width === width && rect.height === height && frame.displayWidth === width;
    return new VideoFrame(fits ? frame : this.#draw(frame), { timestamp: timestampUs });
  }

  #draw(frame: VideoFrame): OffscreenCanvas {
    const { width, height } = this;
    this.#canvas ??= new OffscreenCanvas(width, height);
    const context = this.#canvas.getContext('2d', { alpha: false })!;
    const { displayWidth, displayHeight } = frame;
    const fitted = Math.min(width / displayWidth, height / displayHeight);
    // A line cut off for evenness' sake is not worth a blur.
    const isOddOnly = Math.abs(displayWidth - width) <= 1 && Math.abs(displayHeight - height) <= 1;
    const scale = isOddOnly ? 1 : fitted;
    const [drawnWidth, drawnHeight] = [displayWidth * scale, displayHeight * scale];
    context.fillStyle = 'black';
    context.fillRect(0, 0, width, height);
    const [x, y] = isOddOnly ? [0, 0] : [(width - drawnWidth) / 2, (height - drawnHeight) / 2];
    context.drawImage(frame, x, y, drawnWidth, drawnHeight);
    return this.#canvas;
  }
}

/** Not every lib.dom knows these. */
function isTurned(frame: VideoFrame & { rotation?: number; flip?: boolean }): boolean {
  return (frame.rotation ?? 0) !== 0 || (frame.flip ?? false);
}
