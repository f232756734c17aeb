/** From a video frame to the image encoder's input: squashed to S×S, normalised, planar RGB. On the CPU, for WASM. */
import { cubic, planResize, type ResizePlan } from '../masks/antialiased-resize';

export type Normalization = { imageMean: readonly number[]; imageStd: readonly number[] };

/** RGB with one unused byte a pixel, row-major. */
export type RgbPixels = { data: Uint8Array; width: number; height: number };

/**
 * Beyond this many source pixels a target pixel on either axis, the browser's own filter does the first step: an exact
 * kernel over a whole 8K frame would take longer than the model.
 */
const maxExactScale = 5;

/**
 * Resizes as the reference loads frames: Pillow's bicubic on 8-bit pixels, rounded between the two passes.
 * @param size S
 * @returns float32[3, S, S]
 * Source: `_load_img_as_tensor`, sam2/utils/misc.py@2b90b9f.
 */
export function preprocessPixels(
  { data, width, height }: RgbPixels,
  size: number,
  normalization: Normalization,
): Float32Array {
  const across = planResize(width, size, cubic);
  const down = planResize(height, size, cubic);
  const rows = resizeRows(data, width, height, size, across);
  return normalize(resizeColumns(rows, size, down), size, normalization);
}

/** @returns bytes[height, S, 3] */
function resizeRows(
  data: Uint8Array,
  width: number,
  height: number,
  size: number,
  plan: ResizePlan,
): Uint8ClampedArray {
  const rows = new Uint8ClampedArray(height * size * 3);
  let out = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < size; x++) {
      let red = 0;
      let green = 0;
      let blue = 0;
      let source = (y * width + plan.first[x]!) * 4;
      const start = x * plan.taps;
      const end = start + plan.count[x]!;
      for (let tap = start; tap < end; tap++, source += 4) {
        const weight = plan.weights[tap]!;
        red += data[source]! * weight;
        green += data[source + 1]! * weight;
        blue += data[source + 2]! * weight;
      }
      // A clamped array rounds and clamps as it stores.
      rows[out++] = red;
      rows[out++] = green;
      rows[out++] = blue;
    }
  }
  return rows;
}

/** @returns bytes[S, S, 3] */
function resizeColumns(rows: Uint8ClampedArray, size: number, plan: ResizePlan): Uint8ClampedArray {
  const stride = size * 3;
  const sums = new Float32Array(stride);
  const pixels = new Uint8ClampedArray(size * stride);
  for (let y = 0; y < size; y++) {
    sums.fill(0);
    for (let tap = 0; tap < plan.count[y]!; tap++) {
      const weight = plan.weights[y * plan.taps + tap]!;
      const start = (plan.first[y]! + tap) * stride;
      for (let n = 0; n < stride; n++) sums[n]! += rows[start + n]! * weight;
    }
    pixels.set(sums, y * stride);
  }
  return pixels;
}

function normalize(pixels: Uint8ClampedArray, size: number, { imageMean, imageStd }: Normalization): Float32Array {
  const area = size * size;
  const image = new Float32Array(3 * area);
  for (let channel = 0; channel < 3; channel++) {
    const scale = 1 / (255 * imageStd[channel]!);
    const offset = imageMean[channel]! / imageStd[channel]!;
    for (let n = 0; n < area; n++) image[channel * area + n] = pixels[n * 3 + channel]! * scale - offset;
  }
  return image;
}

/** Reads a frame's pixels, first shrunk by the browser where it is very large for a model of size S. Leaves it open. */
export async function readPixels(frame: VideoFrame, size: number): Promise<RgbPixels> {
  const { displayWidth: width, displayHeight: height } = frame;
  const limit = size * maxExactScale;
  if (width > limit || height > limit) return drawPixels(frame, Math.min(width, limit), Math.min(height, limit));
  try {
    const data = new Uint8Array(frame.allocationSize({ format: 'RGBX' }));
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
  return { data: new Uint8Array(data.buffer), width, height };
}
