/** Frames as a person sees them: the file's rotation and pixel aspect ratio applied, once. */
import type { LiveFrames } from './live-frames';

export type PictureGeometry = {
  /** a, b, c, d of the display matrix: (x, y) is seen at (ax + cy, bx + dy). */
  orientation: readonly [number, number, number, number];
  /** With square pixels, not yet turned. */
  squareWidth: number;
  squareHeight: number;
  /** Upright. */
  width: number;
  height: number;
};

/** An orientation that changes nothing. */
export const upright: PictureGeometry['orientation'] = [1, 0, 0, 1];

/**
 * @param picture pixels as decoded
 * @param pixelAspect width by height of a pixel
 */
export function pictureGeometry(
  picture: { width: number; height: number },
  pixelAspect: number,
  orientation: PictureGeometry['orientation'],
): PictureGeometry {
  const stretched = Math.round(picture.width * pixelAspect);
  // One pixel off is an encoder's rounding of, say, 853⅓ to 854, and not worth a blur.
  const squareWidth = Math.abs(stretched - picture.width) <= 1 ? picture.width : Math.max(1, stretched);
  const squareHeight = picture.height;
  const isTurned = orientation[0] === 0;
  return {
    orientation,
    squareWidth,
    squareHeight,
    width: isTurned ? squareHeight : squareWidth,
    height: isTurned ? squareWidth : squareHeight,
  };
}

export class UprightFrames {
  readonly geometry: PictureGeometry;
  readonly #live: LiveFrames;
  #canvas: OffscreenCanvas | null = null;

  constructor(geometry: PictureGeometry, live: LiveFrames) {
    this.geometry = geometry;
    this.#live = live;
  }

  /**
   * The same picture upright, with square pixels and this timestamp. Shares the pixels of `frame` where nothing is to be
   * turned or stretched. `frame` stays the caller's.
   */
  upright(frame: VideoFrame, timestampUs: number): VideoFrame {
    const { width, height, orientation } = this.geometry;
    const [a, , , d] = orientation;
    const rect = frame.visibleRect;
    const isUpright = a === 1 && d === 1 && rect?.width === width && rect.height === height;
    const source = isUpright ? frame : this.#draw(frame);
    const timestamp = timestampUs;
    // A decoder sets display sizes by its own idea of the aspect ratio.
    return this.#live.adopt(new VideoFrame(source, { timestamp, displayWidth: width, displayHeight: height }));
  }

  #draw(frame: VideoFrame): OffscreenCanvas {
    const { width, height, squareWidth, squareHeight, orientation } = this.geometry;
    const [a, b, c, d] = orientation;
    this.#canvas ??= new OffscreenCanvas(width, height);
    const context = this.#canvas.getContext('2d', { alpha: false })!;
    // Turning alone moves whole pixels: exact without smoothing, and quicker.
    context.imageSmoothingEnabled = squareWidth !== frame.visibleRect?.width;
    // The matrix turns about the origin: what falls left of it or above it is moved back into the picture.
    context.setTransform(a, b, c, d, a + c < 0 ? width : 0, b + d < 0 ? height : 0);
    context.drawImage(frame, 0, 0, squareWidth, squareHeight);
    return this.#canvas;
  }
}
