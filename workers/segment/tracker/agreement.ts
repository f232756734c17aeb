/** When re-tracking after a correction may stop: the new masks agree with the old ones again. */
import { gridShares } from '../../rle/rle-grid';
import type { FrameMask } from './frame-output';

export type StopWhenAgreed = {
  /** Intersection over union of the new mask and the one before, at the model's mask grid. */
  iou: number;
  /** Frames in a row that must reach it. */
  frames: number;
  /** Frames on the way to this one, and itself, do not count. */
  beyond?: number;
};

export type Agreement = {
  /** Intersection over union; 1 where both are empty. */
  iou: number;
  /** Cells that only one of the masks has. */
  differing: number;
  /** Cells of the new mask beside one outside. */
  edge: number;
};

/**
 * What share of the edge may differ in masks that agree all the same: on a coarse grid the edge of a small object comes out
 * otherwise in a few cells whatever is done, and its IoU falls far.
 */
const edgeTolerance = 0.2;

/** @returns null where there was no mask to compare with */
export function agreement(mask: FrameMask, before: FrameMask | null): Agreement | null {
  const { maskLogits } = mask;
  const side = Math.sqrt(maskLogits.length);
  const earlier = before && logitsOn(before, side);
  if (!earlier) return null;
  const isOutside = (n: number, isOnGrid: boolean) => isOnGrid && maskLogits[n]! <= 0;
  let both = 0;
  let either = 0;
  let edge = 0;
  maskLogits.forEach((logit, n) => {
    const wasInside = earlier[n]! > 0;
    if (logit > 0 || wasInside) either++;
    if (logit <= 0) return;
    if (wasInside) both++;
    const x = n % side;
    const isEdge =
      isOutside(n - 1, x > 0) ||
      isOutside(n + 1, x < side - 1) ||
      isOutside(n - side, n >= side) ||
      isOutside(n + side, n < side * (side - 1));
    if (isEdge) edge++;
  });
  return { iou: either === 0 ? 1 : both / either, differing: either - both, edge };
}

/** Of a mask whose pixels are known, on any grid. */
function logitsOn({ maskLogits, promptMask }: FrameMask, side: number): Float32Array | null {
  if (maskLogits.length === side * side) return maskLogits;
  return promptMask ? gridShares(promptMask, side).map((share) => share * 20 - 10) : null;
}

type Passage = { frameIndex: number; isReverse: boolean };

/** Counts, object by object, the frames in a row that agreed. */
export class AgreementWatch {
  readonly #stop: StopWhenAgreed;
  readonly #inARow = new Map<number, number>();

  constructor(stop: StopWhenAgreed) {
    this.#stop = stop;
  }

  note(object: number, agreed: Agreement | null, { frameIndex, isReverse }: Passage): void {
    const { beyond } = this.#stop;
    if (beyond !== undefined && (isReverse ? frameIndex >= beyond : frameIndex <= beyond)) return;
    const isEnough =
      agreed !== null && (agreed.iou >= this.#stop.iou || agreed.differing <= agreed.edge * edgeTolerance);
    this.#inARow.set(object, isEnough ? (this.#inARow.get(object) ?? 0) + 1 : 0);
  }

  hasSettled(object: number): boolean {
    return (this.#inARow.get(object) ?? 0) >= this.#stop.frames;
  }
}
