/**
 * Time on a live source, of which only some frames are tracked: one step is one tracked frame, however many passed
 * between. The memories then lie as they would on a video made of the tracked frames alone, which is what the networks
 * were trained on; by frame numbers they would find none of them.
 */
import type { HeldOutputs } from './memory-bank';

/**
 * What a bank holds, renumbered by steps around a frame.
 * @param reach steps back beyond which tracked frames are left out; conditioning frames stay, however old
 * @returns the bank and the frame in steps; the outputs are the same
 */
export function inSteps<Output>(
  bank: HeldOutputs<Output>,
  frameIndex: number,
  reach: number,
): { bank: HeldOutputs<Output>; step: number } {
  const held = new Set([...bank.conditioning.keys(), ...bank.nonConditioning.keys()]);
  held.delete(frameIndex);
  const frames = [...held].sort((a, b) => a - b);
  const stepOf = new Map(frames.map((frame, n) => [frame, frame > frameIndex ? n + 1 : n]));
  const step = frames.filter((frame) => frame < frameIndex).length;
  stepOf.set(frameIndex, step);
  const renumbered = (outputs: ReadonlyMap<number, Output>, isAll: boolean): Map<number, Output> => {
    const kept = new Map<number, Output>();
    for (const [frame, output] of outputs) {
      const at = stepOf.get(frame)!;
      if (isAll || Math.abs(at - step) <= reach) kept.set(at, output);
    }
    return kept;
  };
  return {
    bank: {
      conditioning: renumbered(bank.conditioning, true),
      nonConditioning: renumbered(bank.nonConditioning, false),
    },
    step,
  };
}
