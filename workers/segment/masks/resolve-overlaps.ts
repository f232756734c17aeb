/** One object a pixel: where masks overlap, the one with the largest logit has it. */
import { interpolate, type Interpolation, type MaskAtVideoSize } from './resize-logits';
import { encodeRle, measureRle } from './rle';

type Sampler = { logits: Float32Array; side: number; across: Interpolation; down: Interpolation };

/**
 * The masks of several objects at the video's size, without overlap.
 * @param masks mask logits, float[side · side] each, of objects whose order decides ties
 * Source: `_apply_non_overlapping_constraints`, sam2_base.py@2b90b9f L891-L910, on logits interpolated to video size.
 */
export function resolveOverlaps(masks: readonly Float32Array[], width: number, height: number): MaskAtVideoSize[] {
  const samplers = masks.map((logits): Sampler => {
    const side = Math.sqrt(logits.length);
    return { logits, side, across: interpolate(side, width), down: interpolate(side, height) };
  });
  const pixels = masks.map(() => new Uint8Array(width * height));
  for (let x = 0; x < width; x++) {
    const present = samplers
      .map((sampler, n) => ({ n, down: sampler.down, column: columnAt(sampler, x) }))
      .filter(({ column }) => column.some((logit) => logit > 0));
    for (let y = 0; y < height; y++) {
      let winner = -1;
      let largest = 0;
      for (const { n, down, column } of present) {
        const t = down.t[y]!;
        const logit = column[down.low[y]!]! * (1 - t) + column[down.high[y]!]! * t;
        if (logit > largest) {
          largest = logit;
          winner = n;
        }
      }
      if (winner >= 0) pixels[winner]![y * width + x] = 1;
    }
  }
  return pixels.map((mask) => {
    const rle = encodeRle(mask, width, height);
    return { rle, ...measureRle(rle) };
  });
}

/** Logits interpolated along x, one a logit row. */
function columnAt({ logits, side, across }: Sampler, x: number): Float32Array {
  const left = across.low[x]!;
  const right = across.high[x]!;
  const t = across.t[x]!;
  return Float32Array.from(
    { length: side },
    (_, j) => logits[j * side + left]! * (1 - t) + logits[j * side + right]! * t,
  );
}
