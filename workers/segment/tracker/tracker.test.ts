import { describe, expect, it } from 'vitest';
import type { FramePrompts } from '../../protocol/prompt';
import type { FrameMask } from './frame-output';
import { planPassages } from './propagate';
import { rewind, type PromptStep } from './prompt-history';

const points = (...xs: number[]): FramePrompts => ({
  points: xs.map((x) => ({ xNorm: x, yNorm: 0.5, label: 1 })),
  box: null,
  mask: null,
});
const mask = (version: number): FrameMask => ({ version }) as FrameMask;

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

describe('the mask that is fed back with a prompt', () => {
  const base = mask(0);
  const steps: PromptStep[] = [
    { prompts: points(0.1), previous: base, result: mask(1) },
    { prompts: points(0.1, 0.2), previous: mask(1), result: mask(2) },
  ];

  it('is the last one while clicks are added', () => {
    expect(rewind(steps, points(0.1, 0.2, 0.3), base)).toEqual({ kept: steps, previous: mask(2) });
    expect(rewind([], points(0.1), base)).toEqual({ kept: [], previous: base });
    expect(rewind([], points(0.1), null)).toEqual({ kept: [], previous: null });
  });

  it('is what the same prompts got before when a click is taken back', () => {
    expect(rewind(steps, points(0.1), base)).toEqual({ kept: [], previous: base });
    expect(rewind(steps, points(0.1, 0.2), base)).toEqual({ kept: steps.slice(0, 1), previous: mask(1) });
  });

  it('is from before the click that was moved', () => {
    expect(rewind(steps, points(0.1, 0.25), base)).toEqual({ kept: steps.slice(0, 1), previous: mask(1) });
    expect(rewind(steps, points(0.15, 0.2), base)).toEqual({ kept: [], previous: base });
    const boxed = { ...points(0.1, 0.2), box: { x0Norm: 0, y0Norm: 0, x1Norm: 1, y1Norm: 1 } };
    expect(rewind(steps, boxed, base)).toEqual({ kept: [], previous: base });
  });
});
