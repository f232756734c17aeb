/** When re-tracking after a correction may stop: the new masks agree with the old ones again. */
import type { FrameMask } from './frame-output';

export type StopWhenAgreed = {
  /** Intersection over union of the new mask and the one before, at the model's mask grid. */
  iou: number;
  /** Frames in a row that must reach it. */
  frames: number;
};

/** @returns 1 where both are empty; null where there was no mask to compare with */
export function agreement(mask: FrameMask, before: FrameMask | null): number | null {
  if (!before || before.maskLogits.length !== mask.maskLogits.length) return null;
  let both = 0;
  let either = 0;
  mask.maskLogits.forEach((logit, n) => {
    const wasInside = before.maskLogits[n]! > 0;
    if (logit > 0 && wasInside) both++;
    if (logit > 0 || wasInside) either++;
  });
  return either === 0 ? 1 : both / either;
}

/** Counts, object by object, the frames in a row that agreed. */
export class AgreementWatch {
  readonly #stop: StopWhenAgreed;
  readonly #inARow = new Map<number, number>();

  constructor(stop: StopWhenAgreed) {
    this.#stop = stop;
  }

  note(object: number, agreed: number | null): void {
    const isEnough = agreed !== null && agreed >= this.#stop.iou;
    this.#inARow.set(object, isEnough ? (this.#inARow.get(object) ?? 0) + 1 : 0);
  }

  hasSettled(object: number): boolean {
    return (this.#inARow.get(object) ?? 0) >= this.#stop.frames;
  }
}
