/** The pixels of a video frame, on the CPU. */

/** RGB with one unused byte a pixel, row-major. */
export type RgbPixels = { data: Uint8ClampedArray; width: number; height: number };

/**
 * Beyond this many source pixels a target pixel on either axis, the browser's own filter does the first step: an exact
 * kernel over a whole 8K frame would take longer than the model.
 */
const maxExactScale = 8;

/** Reads a frame's pixels, first shrunk by the browser where it is very large for a model of size S. Leaves it open. */
export async function readPixels(frame: VideoFrame, size: number): Promise<RgbPixels> {
  const { displayWidth: width, displayHeight: height } = frame;
  const limit = size * maxExactScale;
  if (width > limit || height > limit) return drawPixels(frame, Math.min(width, limit), Math.min(height, limit));
  try {
    const data = new Uint8ClampedArray(frame.allocationSize({ format: 'RGBX' }));
    await frame.copyTo(data, { format: 'RGBX' });
    return { data, width: frame.visibleRect!.width, height: frame.visibleRect!.height };
  } catch {
    // Not every browser converts to RGB while copying.
    return drawPixels(frame, width, height);
  }
}

function drawPixels(frame: VideoFrame, width: number, height: number): RgbPixels {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(frame, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  return { data, width, height };
}
