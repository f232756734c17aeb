/**
 * What was decoded on one frame since it was first prompted. Outputs are kept, so that taking a click back restores the
 * frame as it was, whatever has been tracked since.
 */
import type { FramePrompts } from '../../protocol/prompt';
import { refinesMask } from '../prompts/prompt-tensors';
import type { FrameMask } from './frame-output';
import type { PromptedFrame } from './track-frame';

export type PromptStep = {
  prompts: FramePrompts;
  /** How it was decoded, to decode it again with another output token. */
  plan: { isInitial: boolean; isReverse: boolean; previous: FrameMask | null };
  result: PromptedFrame;
};

export type Rewound = {
  /** Steps that the new prompts leave standing. */
  kept: PromptStep[];
  /** The last of them had the very same prompts: its result is the answer. */
  isSame: boolean;
};

/** Finds the last step that `prompts` repeat or add to; later steps were taken back. */
export function rewind(steps: readonly PromptStep[], prompts: FramePrompts): Rewound {
  for (let n = steps.length - 1; n >= 0; n--) {
    const step = steps[n]!;
    if (!extendsPrompts(prompts, step.prompts)) continue;
    return { kept: steps.slice(0, n + 1), isSame: extendsPrompts(step.prompts, prompts) };
  }
  return { kept: [], isSame: false };
}

/** `prompts` are `before`, or `before` with more points after its own, or refine the mask that `before` is. */
function extendsPrompts(prompts: FramePrompts, before: FramePrompts): boolean {
  if (!isSameMask(prompts.mask, before.mask) || prompts.points.length < before.points.length) return false;
  if (before.mask && !refinesMask(before)) return true;
  if (!isSameBox(prompts.box, before.box)) return false;
  return before.points.every((point, n) => {
    const other = prompts.points[n]!;
    return point.xNorm === other.xNorm && point.yNorm === other.yNorm && point.label === other.label;
  });
}

/** By value: masks are copied on their way here. */
function isSameMask(a: FramePrompts['mask'], b: FramePrompts['mask']): boolean {
  if (!a || !b || a === b) return a === b;
  if (a.width !== b.width || a.height !== b.height || a.counts.length !== b.counts.length) return false;
  return a.counts.every((run, n) => run === b.counts[n]);
}

function isSameBox(a: FramePrompts['box'], b: FramePrompts['box']): boolean {
  if (!a || !b) return a === b;
  return a.x0Norm === b.x0Norm && a.y0Norm === b.y0Norm && a.x1Norm === b.x1Norm && a.y1Norm === b.y1Norm;
}
