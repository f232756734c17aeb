import { describe, expect, it } from 'vitest';
import type { FramePrompts } from '../../protocol/prompt';
import { planPassages } from './propagate';
import { rewind, type PromptStep } from './prompt-history';

const points = (...xs: number[]): FramePrompts => ({
  points: xs.map((x) => ({ xNorm: x, yNorm: 0.5, label: 1 })),
  box: null,
  mask: null,
});

describe('frames of a run', () => {
  const frames = (...args: Parameters<typeof planPassages>): [number[], number[]] => {
    const passages = planPassages(...args);
    const of = (isReverse: boolean): number[] =>
      passages.filter((p) => p.isReverse === isReverse).map((p) => p.frameIndex);
    return [of(false), of(true)];
  };

  it('go forward and backward with both ends, and to the video end by default', () => {
    expect(frames(2, null, 'forward', 6)).toEqual([[2, 3, 4, 5], []]);
    expect(frames(2, 4, 'forward', 6)).toEqual([[2, 3, 4], []]);
    expect(frames(2, 99, 'forward', 6)).toEqual([[2, 3, 4, 5], []]);
    expect(frames(3, null, 'backward', 6)).toEqual([[], [3, 2, 1, 0]]);
    expect(frames(3, 1, 'backward', 6)).toEqual([[], [3, 2, 1]]);
    // The reference has nothing to do backward from the first frame.
    expect(frames(0, null, 'backward', 6)).toEqual([[], []]);
  });

  it('cover every frame once in both directions', () => {
    expect(frames(2, null, 'both', 6)).toEqual([
      [2, 3, 4, 5],
      [1, 0],
    ]);
    expect(frames(2, 4, 'both', 6)).toEqual([
      [2, 3, 4],
      [1, 0],
    ]);
    expect(frames(4, 2, 'both', 6)).toEqual([
      [4, 5],
      [3, 2],
    ]);
    expect(frames(0, null, 'both', 3)).toEqual([[0, 1, 2], []]);
  });
});

describe('the steps that new prompts leave standing', () => {
  const step = (prompts: FramePrompts): PromptStep => ({ prompts }) as PromptStep;
  const steps = [step(points(0.1)), step(points(0.1, 0.2))];

  it('are all while clicks are added', () => {
    expect(rewind(steps, points(0.1, 0.2, 0.3))).toEqual({ kept: steps, isSame: false });
    expect(rewind([], points(0.1))).toEqual({ kept: [], isSame: false });
  });

  it('end with the one that had the same prompts when a click is taken back', () => {
    expect(rewind(steps, points(0.1))).toEqual({ kept: steps.slice(0, 1), isSame: true });
    expect(rewind(steps, points(0.1, 0.2))).toEqual({ kept: steps, isSame: true });
  });

  it('are those before the click that was moved, or before the box', () => {
    expect(rewind(steps, points(0.1, 0.25))).toEqual({ kept: steps.slice(0, 1), isSame: false });
    expect(rewind(steps, points(0.15, 0.2))).toEqual({ kept: [], isSame: false });
    const boxed = { ...points(0.1, 0.2), box: { x0Norm: 0, y0Norm: 0, x1Norm: 1, y1Norm: 1 } };
    expect(rewind(steps, boxed)).toEqual({ kept: [], isSame: false });
  });
});
