/** What was decoded on one frame since it was first prompted: decides which mask is fed back with the next prompts. */
import type { FramePrompts } from '../../protocol/prompt';
import type { FrameMask } from './frame-output';

export type PromptStep = {
  prompts: FramePrompts;
  /** Fed back with these prompts. */
  previous: FrameMask | null;
  /** What came of them. */
  result: FrameMask;
};

/**
 * The mask to feed back with `prompts`, and the steps that they leave standing. Prompts that a step already had get
 * what it got, so taking a click back restores the mask before it.
 * @param base the frame's mask before any of its prompts
 */
export function rewind(
  steps: readonly PromptStep[],
  prompts: FramePrompts,
  base: FrameMask | null,
): { kept: PromptStep[]; previous: FrameMask | null } {
  for (let n = steps.length - 1; n >= 0; n--) {
    const step = steps[n]!;
    if (!extendsPrompts(prompts, step.prompts)) continue;
    const isSame = extendsPrompts(step.prompts, prompts);
    if (isSame) return { kept: steps.slice(0, n), previous: step.previous };
    return { kept: steps.slice(0, n + 1), previous: step.result };
  }
  return { kept: [], previous: base };
}

/** `prompts` are `before`, or `before` with more points after its own. */
function extendsPrompts(prompts: FramePrompts, before: FramePrompts): boolean {
  if (prompts.mask !== before.mask || prompts.points.length < before.points.length) return false;
  if (!isSameBox(prompts.box, before.box)) return false;
  return before.points.every((point, n) => {
    const other = prompts.points[n]!;
    return point.xNorm === other.xNorm && point.yNorm === other.yNorm && point.label === other.label;
  });
}

function isSameBox(a: FramePrompts['box'], b: FramePrompts['box']): boolean {
  if (!a || !b) return a === b;
  return a.x0Norm === b.x0Norm && a.y0Norm === b.y0Norm && a.x1Norm === b.x1Norm && a.y1Norm === b.y1Norm;
}
