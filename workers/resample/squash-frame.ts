/**
 * A video frame squashed to S × S as the reference loads frames: ffmpeg's RGB, resized by Pillow's bicubic.
 *
 * Where luma and chroma are at hand they are resized first and become RGB last: a third of the work, and nearer to ffmpeg
 * than the browser's RGB, which repeats pixels of chroma and cuts BT.709's blue short (libyuv keeps factors below 2).
 */
import { cubic, fixedPoint, planResize } from './antialiased-resize';
import { readPixels } from './read-pixels';
import { readPlanes, type FramePlanes, type Plane } from './read-planes';
import { resizePixels } from './resize-pixels';

/** Source pixels a target pixel beyond which neighbours are averaged first: the cubic kernel would see no more in them. */
const maxExactScale = 6;

/** Weights of red and blue in luma. What is not said is BT.601, as ffmpeg has it. */
const lumaWeights: Record<string, readonly [number, number]> = {
  bt709: [0.2126, 0.0722],
  'bt2020-ncl': [0.2627, 0.0593],
};
const bt601 = [0.299, 0.114] as const;

/**
 * Leaves the frame open.
 * @param size S
 * @returns uint8[S, S, 3], RGB
 */
export async function squashFrame(frame: VideoFrame, size: number): Promise<Uint8ClampedArray<ArrayBuffer>> {
  const planes = await readPlanes(frame);
  return planes ? squashPlanes(planes, size) : resizePixels(await readPixels(frame, size), size);
}

function squashPlanes(
  { luma, blue, red, bits, isFullRange, matrix }: FramePlanes,
  size: number,
): Uint8ClampedArray<ArrayBuffer> {
  const y = resizePlane(luma, bits, size);
  const u = resizePlane(blue, bits, size);
  const v = resizePlane(red, bits, size);
  const [weightRed, weightBlue] = lumaWeights[matrix ?? ''] ?? bt601;
  const weightGreen = 1 - weightRed - weightBlue;
  const lumaScale = (isFullRange ? 1 : 255 / 219) / resizedUnit;
  const chromaScale = (isFullRange ? 1 : 255 / 224) / resizedUnit;
  const black = isFullRange ? 0 : 16 * resizedUnit;
  const grey = 128 * resizedUnit;
  const redOfV = 2 * (1 - weightRed) * chromaScale;
  const blueOfU = 2 * (1 - weightBlue) * chromaScale;
  const greenOfU = (blueOfU * weightBlue) / weightGreen;
  const greenOfV = (redOfV * weightRed) / weightGreen;
  const pixels = new Uint8ClampedArray(size * size * 3);
  for (let n = 0, out = 0; n < y.length; n++) {
    const light = (y[n]! - black) * lumaScale;
    const cb = u[n]! - grey;
    const cr = v[n]! - grey;
    pixels[out++] = light + redOfV * cr;
    pixels[out++] = light - greenOfU * cb - greenOfV * cr;
    pixels[out++] = light + blueOfU * cb;
  }
  return pixels;
}

/** Sums stay within 32 bits, which keeps the engine's arithmetic on integers: of a row's samples and a column's. */
const sampleBits = 12;
const acrossBits = 18;
const downBits = 17;
/** One step of 8 bits, in what `resizePlane` returns. */
const resizedUnit = 2 ** (sampleBits - 8 + downBits);

/**
 * @param bits of a sample
 * @returns int32[S, S], in units of 1 / `resizedUnit` of an 8-bit step
 */
function resizePlane(plane: Plane, bits: number, size: number): Int32Array {
  const { data, offset, stride, step, width, height, extentX, extentY } = shrunk(plane, size);
  const across = fixedPoint(planResize(width, size, cubic, extentX), acrossBits);
  const down = fixedPoint(planResize(height, size, cubic, extentY), downBits);
  const shift = acrossBits + bits - sampleBits;
  const half = 1 << (shift - 1);
  const rows = new Int16Array(height * size);
  const { first, count, weights, taps } = across;
  for (let y = 0, out = 0; y < height; y++) {
    const row = offset + y * stride;
    for (let x = 0; x < size; x++) {
      let sum = half;
      let source = row + first[x]! * step;
      const start = x * taps;
      const end = start + count[x]!;
      for (let tap = start; tap < end; tap++, source += step) sum = (sum + data[source]! * weights[tap]!) | 0;
      rows[out++] = sum >> shift;
    }
  }
  const target = new Int32Array(size * size);
  for (let y = 0; y < size; y++) {
    const sums = target.subarray(y * size, (y + 1) * size);
    for (let tap = 0; tap < down.count[y]!; tap++) {
      const weight = down.weights[y * down.taps + tap]!;
      const row = (down.first[y]! + tap) * size;
      for (let x = 0; x < size; x++) sums[x] = (sums[x]! + rows[row + x]! * weight) | 0;
    }
  }
  return target;
}

/** Means of blocks, where a plane is far larger than what is made of it. */
function shrunk(plane: Plane, size: number): Plane {
  const across = Math.max(1, Math.floor(plane.width / size / maxExactScale));
  const down = Math.max(1, Math.floor(plane.height / size / maxExactScale));
  if (across * down === 1) return plane;
  const { data, offset, stride, step } = plane;
  const width = Math.floor(plane.width / across);
  const height = Math.floor(plane.height / down);
  const means = new Uint16Array(width * height);
  for (let y = 0, out = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let row = 0; row < down; row++) {
        let source = offset + (y * down + row) * stride + x * across * step;
        for (let column = 0; column < across; column++, source += step) sum += data[source]!;
      }
      means[out++] = sum / (across * down) + 0.5;
    }
  }
  const extentX = plane.extentX / across;
  const extentY = plane.extentY / down;
  return { data: means, offset: 0, stride: width, step: 1, width, height, extentX, extentY };
}
