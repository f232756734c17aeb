/** Where one scene ends and the next begins, noticed while frames go by one after another. */

/** Frames are compared at this size: what moves hardly shows, what changes as a whole does. */
const side = 32;

/**
 * Mean difference of neighbouring frames that makes a cut, of 255. Within each of 32 real clips neighbours differ by at
 * most 18; first frames of different clips differ by 44 or more in 19 pairs of 20.
 */
const cutDifference = 28;

export class SceneCuts {
  readonly #context = new OffscreenCanvas(side, side).getContext('2d', { willReadFrequently: true })!;
  readonly #cuts = new Set<number>();
  #last: { frameIndex: number; pixels: Uint8ClampedArray } | null = null;

  /** First frames of scenes found so far, ascending. */
  get frames(): number[] {
    return [...this.#cuts].sort((a, b) => a - b);
  }

  /** Compares a frame with the one looked at before, where they are neighbours. Leaves it open. */
  look(frameIndex: number, frame: VideoFrame): void {
    this.#context.imageSmoothingQuality = 'medium';
    this.#context.drawImage(frame, 0, 0, side, side);
    const { data } = this.#context.getImageData(0, 0, side, side);
    this.#compare(frameIndex, shrunk(data, 4, side));
  }

  /**
   * As `look`, of a frame that was squashed already.
   * @param pixels uint8[size, size, 3]
   */
  lookAtPixels(frameIndex: number, pixels: Uint8ClampedArray, size: number): void {
    this.#compare(frameIndex, shrunk(pixels, 3, size));
  }

  #compare(frameIndex: number, pixels: Uint8ClampedArray): void {
    const last = this.#last;
    this.#last = { frameIndex, pixels };
    if (!last || Math.abs(last.frameIndex - frameIndex) !== 1) return;
    if (meanDifference(last.pixels, pixels) > cutDifference) this.#cuts.add(Math.max(last.frameIndex, frameIndex));
  }
}

/**
 * Means of blocks: uint8[side, side, 3].
 * @param channels of which the first three are colours
 */
function shrunk(pixels: Uint8ClampedArray, channels: number, size: number): Uint8ClampedArray {
  const small = new Uint8ClampedArray(side * side * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const left = Math.floor((x * size) / side);
      const top = Math.floor((y * size) / side);
      const right = Math.max(left + 1, Math.floor(((x + 1) * size) / side));
      const bottom = Math.max(top + 1, Math.floor(((y + 1) * size) / side));
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let row = top; row < bottom; row++) {
          for (let column = left; column < right; column++) sum += pixels[(row * size + column) * channels + channel]!;
        }
        small[(y * side + x) * 3 + channel] = sum / ((right - left) * (bottom - top));
      }
    }
  }
  return small;
}

function meanDifference(a: Uint8ClampedArray, b: Uint8ClampedArray): number {
  let sum = 0;
  for (let n = 0; n < a.length; n++) sum += Math.abs(a[n]! - b[n]!);
  return sum / a.length;
}
