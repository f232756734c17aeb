/**
 * Resizing with the kernel widened when shrinking, so that no source pixel is skipped: what Pillow does, and PyTorch
 * with `antialias=True`. Pure numbers, one channel plan for both axes.
 */

export type Kernel = {
  /** Half-width at scale 1, pixels. */
  support: number;
  weight(distance: number): number;
};

/** Pillow's BILINEAR; PyTorch's antialiased bilinear. */
export const triangle: Kernel = {
  support: 1,
  weight: (x) => Math.max(0, 1 - Math.abs(x)),
};

/** Pillow's BICUBIC, a = −0.5: how the reference loads frames. */
export const cubic: Kernel = {
  support: 2,
  weight(distance) {
    const a = -0.5;
    const x = Math.abs(distance);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2) return ((x - 5) * x + 8) * x * a - 4 * a;
    return 0;
  },
};

/** For each output pixel: where its source pixels start, how many there are, and their weights (summing to 1). */
export type ResizePlan = { first: Int32Array; count: Int32Array; weights: Float64Array; taps: number };

/**
 * @param extent how much of the source the target shows, from its start
 * Source: Pillow `precompute_coeffs`, src/libImaging/Resample.c.
 */
export function planResize(
  sourceLength: number,
  targetLength: number,
  kernel: Kernel,
  extent: number = sourceLength,
): ResizePlan {
  const scale = extent / targetLength;
  const widen = Math.max(1, scale);
  const support = kernel.support * widen;
  const taps = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(targetLength);
  const count = new Int32Array(targetLength);
  const weights = new Float64Array(targetLength * taps);
  for (let n = 0; n < targetLength; n++) {
    const center = (n + 0.5) * scale;
    const from = Math.max(0, Math.trunc(center - support + 0.5));
    const to = Math.min(sourceLength, Math.trunc(center + support + 0.5));
    let sum = 0;
    for (let t = from; t < to; t++) {
      const weight = kernel.weight((t - center + 0.5) / widen);
      weights[n * taps + t - from] = weight;
      sum += weight;
    }
    for (let t = 0; t < to - from; t++) weights[n * taps + t]! /= sum;
    first[n] = from;
    count[n] = to - from;
  }
  return { first, count, weights, taps };
}

export type FixedPlan = Omit<ResizePlan, 'weights'> & { weights: Int32Array };

/** Weights in units of 2^-bits, for sums in integers. */
export function fixedPoint(plan: ResizePlan, bits: number): FixedPlan {
  const unit = 2 ** bits;
  // Away from zero, as a C cast of x ± 0.5 does.
  const round = (weight: number): number => Math.sign(weight) * Math.floor(Math.abs(weight) * unit + 0.5);
  return { ...plan, weights: Int32Array.from(plan.weights, round) };
}

/**
 * Resizes one channel.
 * @param source float[height · width], row-major
 */
export function resizePlane(
  source: ArrayLike<number>,
  width: number,
  height: number,
  targetWidth: number,
  targetHeight: number,
  kernel: Kernel,
): Float32Array {
  const across = planResize(width, targetWidth, kernel);
  const down = planResize(height, targetHeight, kernel);
  const rows = new Float32Array(height * targetWidth);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < targetWidth; x++) {
      let sum = 0;
      const start = y * width + across.first[x]!;
      for (let t = 0; t < across.count[x]!; t++) sum += source[start + t]! * across.weights[x * across.taps + t]!;
      rows[y * targetWidth + x] = sum;
    }
  }
  const target = new Float32Array(targetWidth * targetHeight);
  for (let y = 0; y < targetHeight; y++) {
    for (let t = 0; t < down.count[y]!; t++) {
      const weight = down.weights[y * down.taps + t]!;
      const start = (down.first[y]! + t) * targetWidth;
      for (let x = 0; x < targetWidth; x++) target[y * targetWidth + x]! += rows[start + x]! * weight;
    }
  }
  return target;
}
