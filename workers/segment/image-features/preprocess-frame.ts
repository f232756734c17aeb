/** From a video frame to the image encoder's input: squashed to S×S, normalised, planar RGB. On the CPU, for WASM. */
import { cubic, planResize, type ResizePlan } from '../masks/antialiased-resize';

export type Normalization = { imageMean: readonly number[]; imageStd: readonly number[] };

/** RGB with one unused byte a pixel, row-major. */
export type RgbPixels = { data: Uint8ClampedArray; width: number; height: number };

/**
 * Beyond this many source pixels a target pixel on either axis, the browser's own filter does the first step: an exact
 * kernel over a whole 8K frame would take longer than the model.
 */
const maxExactScale = 8;

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
  const across = fixedPoint(planResize(width, size, cubic));
  const down = fixedPoint(planResize(height, size, cubic));
  // Rounding between the passes makes their order matter. Pillow 13 goes down first where that leaves less to do; of its
  // rule, the case that a tall narrow picture makes unmistakable is kept.
  const isDownFirst = height > size && width < size;
  const pixels = isDownFirst
    ? resizeAcross(resizeDown(data, 4, width, size, down), 3, width, size, size, across)
    : resizeDown(resizeAcross(data, 4, width, height, size, across), 3, size, size, down);
  return normalize(pixels, size, normalization);
}

/** Pillow's arithmetic on 8-bit pixels: weights in units of 2^-22, sums in integers. Rounding ties depend on it. */
const unitBits = 22;
const unit = 1 << unitBits;
const half = unit >> 1;

type FixedPlan = Omit<ResizePlan, 'weights'> & { weights: Int32Array };

function fixedPoint(plan: ResizePlan): FixedPlan {
  // Away from zero, as a C cast of x ± 0.5 does.
  const round = (weight: number): number => Math.sign(weight) * Math.floor(Math.abs(weight) * unit + 0.5);
  return { ...plan, weights: Int32Array.from(plan.weights, round) };
}

/**
 * @param step bytes a pixel, of which the first three are colours
 * @returns bytes[height, size, 3]
 */
function resizeAcross(
  data: Uint8ClampedArray,
  step: number,
  width: number,
  height: number,
  size: number,
  plan: FixedPlan,
): Uint8ClampedArray {
  const rows = new Uint8ClampedArray(height * size * 3);
  let out = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < size; x++) {
      let red = half;
      let green = half;
      let blue = half;
      let source = (y * width + plan.first[x]!) * step;
      const start = x * plan.taps;
      const end = start + plan.count[x]!;
      for (let tap = start; tap < end; tap++, source += step) {
        const weight = plan.weights[tap]!;
        // Sums stay within 32 bits, which keeps the engine's arithmetic on integers.
        red = (red + data[source]! * weight) | 0;
        green = (green + data[source + 1]! * weight) | 0;
        blue = (blue + data[source + 2]! * weight) | 0;
      }
      rows[out++] = red >> unitBits;
      rows[out++] = green >> unitBits;
      rows[out++] = blue >> unitBits;
    }
  }
  return rows;
}

/**
 * @param step bytes a pixel, of which the first three are colours
 * @returns bytes[size, width, 3]
 */
function resizeDown(
  data: Uint8ClampedArray,
  step: number,
  width: number,
  size: number,
  plan: FixedPlan,
): Uint8ClampedArray {
  const sums = new Int32Array(width * 3);
  const rows = new Uint8ClampedArray(size * width * 3);
  for (let y = 0; y < size; y++) {
    sums.fill(half);
    for (let tap = 0; tap < plan.count[y]!; tap++) {
      const weight = plan.weights[y * plan.taps + tap]!;
      let source = (plan.first[y]! + tap) * width * step;
      for (let n = 0; n < sums.length; n += 3, source += step) {
        sums[n]! += data[source]! * weight;
        sums[n + 1]! += data[source + 1]! * weight;
        sums[n + 2]! += data[source + 2]! * weight;
      }
    }
    const start = y * width * 3;
    for (let n = 0; n < sums.length; n++) rows[start + n] = sums[n]! >> unitBits;
  }
  return rows;
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
