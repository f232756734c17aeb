/** From the logits that the tracker keeps to the masks that cross a thread. */
import type { Candidate, MaskResult, MaskRle, MaskSummary } from '../../protocol/mask';
import type { ObjectId } from '../../protocol/prompt';
import type { ObjectCleanUp } from '../../protocol/segment-contract';
import { cleanUp, countPieces, type CleanUp } from './clean-up';
import { growMask, smoothMask } from './grow-mask';
import { resizeLogits, type MaskAtVideoSize } from './resize-logits';
import { resolveOverlaps, type Claim } from './resolve-overlaps';
import { measureRle } from '../../rle/rle';

/** What a mask is made from. */
export type MaskLike = Omit<MaskSummary, 'object' | 'area' | 'box' | 'pieces'> & {
  maskLogits: Float32Array;
  promptMask: MaskRle | null;
  /** The mask with edges that follow the picture, on a finer grid: see guided-edges. Shown in place of the logits. */
  guided?: Float32Array | null;
};

/** How logits become pixels. */
export type MaskView = CleanUp & {
  width: number;
  height: number;
  nonOverlapping: boolean;
  /** Of objects that have repairs of their own. */
  own: ReadonlyMap<ObjectId, ObjectCleanUp>;
};

/** The masks of one frame: together, because where they may not overlap each depends on the others. */
export function maskResults(masks: readonly { object: ObjectId; mask: MaskLike }[], view: MaskView): MaskResult[] {
  const { width, height } = view;
  const shown = masks.map(({ object, mask }) => cleaned(mask, { ...view, ...view.own.get(object) }));
  const isGuided = masks.some(({ mask }) => mask.guided);
  const repaired = masks.map(({ object, mask }, n) => reshaped(pixelsOf(mask, shown[n]!, view), view.own.get(object)));
  const isResolved = view.nonOverlapping && mayOverlap(repaired);
  // Last: what a repair adds may be another object's.
  const seen = isResolved
    ? resolveOverlaps(
        repaired.map(({ rle }, n) => ({
          rle,
          logits: isGuided && !masks[n]!.mask.guided ? asGuided(shown[n]!) : shown[n]!,
          ...statementOf(masks[n]!.mask),
        })),
        width,
        height,
      )
    : repaired;
  return masks.map(({ object, mask }, n) => {
    const { frameIndex, occlusionScore, predictedIou, origin, version } = mask;
    const pixels = seen[n]!;
    // Of the model's own mask: a fringe of the finer one is no piece that fell off.
    const whole = mask.guided ? cleaned({ ...mask, guided: null }, { ...view, ...view.own.get(object) }) : shown[n]!;
    const pieces = countPieces(whole, Math.sqrt(whole.length));
    return { object, frameIndex, occlusionScore, predictedIou, origin, version, pieces, ...pixels };
  });
}

function statementOf({ origin, version, promptMask }: MaskLike): Pick<Claim, 'statedAt' | 'isPainted'> {
  return origin === 'prompt' ? { statedAt: version, isPainted: promptMask !== null } : {};
}

/** Most objects are apart from each other, and cost nothing. */
function mayOverlap(masks: readonly MaskAtVideoSize[]): boolean {
  const boxes = masks.flatMap(({ box }) => box ?? []);
  return boxes.some((a, n) => boxes.slice(n + 1).some((b) => a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1));
}

export function withoutPixels(result: MaskResult): MaskSummary {
  const { rle: _pixels, ...summary } = result;
  return summary;
}

export function candidateMask(token: number, predictedIou: number, logits: Float32Array, view: MaskView): Candidate {
  const { rle, area } = squareLogits(logits, view);
  return { token, predictedIou, area, rle };
}

/** A mask prompt at the video's size is shown to the pixel as it was given; the reference shows it shrunk and enlarged. */
function pixelsOf({ promptMask }: MaskLike, shown: Float32Array, view: MaskView): MaskAtVideoSize {
  if (promptMask && promptMask.width === view.width && promptMask.height === view.height) {
    return { rle: promptMask, ...measureRle(promptMask) };
  }
  return squareLogits(shown, view);
}

function reshaped(mask: MaskAtVideoSize, own: ObjectCleanUp | undefined): MaskAtVideoSize {
  if (!own || (own.growPx === 0 && own.smoothPx === 0)) return mask;
  const rle = growMask(smoothMask(mask.rle, own.smoothPx), own.growPx);
  return { rle, ...measureRle(rle) };
}

/** Logits, or guided values, as they are shown: those of a mask prompt were given by a person and stay. */
function cleaned({ maskLogits, promptMask, guided }: MaskLike, view: MaskView): Float32Array {
  if (promptMask) return maskLogits;
  const shown = guided ?? maskLogits;
  // Areas are told in cells of the model's grid.
  const scale = shown.length / maskLogits.length;
  return cleanUp(shown, Math.sqrt(shown.length), {
    fillHoleArea: view.fillHoleArea * scale,
    removeIslandArea: view.removeIslandArea * scale,
  });
}

/** Logits on the scale of guided values, to compare the two. */
function asGuided(logits: Float32Array): Float32Array {
  return logits.map((logit) => 1 / (1 + Math.exp(-logit)) - 0.5);
}

function squareLogits(logits: Float32Array, { width, height }: MaskView): MaskAtVideoSize {
  const side = Math.sqrt(logits.length);
  return resizeLogits(logits, side, side, width, height);
}
