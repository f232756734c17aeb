/** Which spatial memories a frame attends to, and the row of the temporal position table each one takes. */
import type { HeldOutputs } from './memory-bank';
import type { TrackerOptions } from './tracker-options';

export type SelectedMemory<Output> = {
  frameIndex: number;
  /** `passed over`: a conditioning frame beyond the limit, used like a tracked one. */
  kind: 'conditioning' | 'non-conditioning' | 'passed over';
  /** Row of the temporal position table, 0-based. */
  row: number;
  output: Output;
};

/**
 * Splits the conditioning frames into those always attended to and the rest, when there are more than the limit: the
 * nearest before, the nearest at or after, then by distance, ties by order of insertion.
 * Source: `select_closest_cond_frames`, sam2_utils.py@2b90b9f L19-L61.
 */
export function selectConditioning<Output>(
  bank: HeldOutputs<Output>,
  frameIndex: number,
  limit: number,
): { selected: ReadonlyMap<number, Output>; passedOver: ReadonlyMap<number, Output> } {
  const all = bank.conditioning;
  if (limit === -1 || all.size <= limit) return { selected: all, passedOver: new Map() };
  const frames = [...all.keys()];
  const before = Math.max(...frames.filter((t) => t < frameIndex));
  const after = Math.min(...frames.filter((t) => t >= frameIndex));
  const chosen = [before, after].filter((t) => Number.isFinite(t));
  const rest = frames
    .filter((t) => !chosen.includes(t))
    .sort((a, b) => Math.abs(a - frameIndex) - Math.abs(b - frameIndex));
  chosen.push(...rest.slice(0, limit - chosen.length));
  const selected = new Map(chosen.map((t) => [t, all.get(t)!]));
  return { selected, passedOver: new Map([...all].filter(([t]) => !selected.has(t))) };
}

/**
 * Conditioning frames, past and future, take the last row; then one frame for each step back in the direction of
 * travel, skipped where nothing was tracked.
 *
 * Pure: no tensor is read. The rows matter, the order does not.
 * Source: SAM 2 §4; `_prepare_memory_conditioned_features`, sam2_base.py@2b90b9f L515-L585.
 */
export function selectMemories<Output>(
  bank: HeldOutputs<Output>,
  frameIndex: number,
  isReverse: boolean,
  options: TrackerOptions,
): SelectedMemory<Output>[] {
  const { selected, passedOver } = selectConditioning(bank, frameIndex, options.maxConditioningFrames);
  const lastRow = options.numSpatialMemories - 1;
  const memories: SelectedMemory<Output>[] = [];
  for (const [t, output] of selected) {
    memories.push({ frameIndex: t, kind: 'conditioning', row: lastRow, output });
  }
  for (let stepsBack = lastRow; stepsBack >= 1; stepsBack--) {
    const t = frameOfStep(frameIndex, stepsBack, isReverse, options.memoryStride);
    const tracked = bank.nonConditioning.get(t);
    const output = tracked ?? passedOver.get(t);
    if (output === undefined) continue;
    memories.push({
      frameIndex: t,
      kind: tracked === undefined ? 'passed over' : 'non-conditioning',
      row: stepsBack - 1,
      output,
    });
  }
  return memories;
}

/** One step back is the frame just passed; further steps fall on multiples of the stride. */
function frameOfStep(frameIndex: number, stepsBack: number, isReverse: boolean, stride: number): number {
  if (stepsBack === 1) return isReverse ? frameIndex + 1 : frameIndex - 1;
  return isReverse
    ? Math.ceil((frameIndex + 2) / stride) * stride + (stepsBack - 2) * stride
    : Math.floor((frameIndex - 2) / stride) * stride - (stepsBack - 2) * stride;
}
