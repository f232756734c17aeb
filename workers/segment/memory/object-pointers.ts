/** Which object pointers a frame attends to, and how far in time each one is. */
import type { HeldOutputs } from './memory-bank';
import { selectConditioning } from './select-memories';
import type { TrackerOptions } from './tracker-options';

export type SelectedPointer<Output> = {
  frameIndex: number;
  /** Frames back in the direction of travel; negative lies ahead. */
  distance: number;
  /** `distance` over the normaliser: the argument of the temporal encoding. */
  time: number;
  output: Output;
};

/** min(frames, max pointers) − 1, at least 1: the reference divides by zero on a one-frame video. */
export function pointerTimeNormalizer(frameCount: number, options: TrackerOptions): number {
  return Math.max(1, Math.min(frameCount, options.maxObjectPointers) - 1);
}

/**
 * Conditioning frames already passed (unlimited in number and distance), then up to max − 1 frames back in the
 * direction of travel, stopping at the video's ends.
 *
 * Source: SAM 2 §4; `_prepare_memory_conditioned_features`, sam2_base.py@2b90b9f L587-L650.
 */
export function selectPointers<Output>(
  bank: HeldOutputs<Output>,
  frameIndex: number,
  frameCount: number,
  isReverse: boolean,
  options: TrackerOptions,
): SelectedPointer<Output>[] {
  const { selected, passedOver } = selectConditioning(bank, frameIndex, options.maxConditioningFrames);
  const sign = isReverse ? -1 : 1;
  const normalizer = pointerTimeNormalizer(frameCount, options);
  const pointers: SelectedPointer<Output>[] = [];
  const add = (t: number, output: Output): void => {
    const distance = (frameIndex - t) * sign;
    pointers.push({ frameIndex: t, distance, time: distance / normalizer, output });
  };
  for (const [t, output] of selected) {
    const isPast = isReverse ? t >= frameIndex : t <= frameIndex;
    if (isPast || !options.onlyPastPointers) add(t, output);
  }
  const reach = Math.min(frameCount, options.maxObjectPointers);
  for (let distance = 1; distance < reach; distance++) {
    const t = frameIndex - distance * sign;
    if (t < 0 || t >= frameCount) break;
    const output = bank.nonConditioning.get(t) ?? passedOver.get(t);
    if (output !== undefined) add(t, output);
  }
  return pointers;
}
