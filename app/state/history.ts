/** The steps a person can take back, by name. What they restore is held by the engine. */
import type { FramePrompts } from '../../workers/protocol/prompt';

export type HistoryAction =
  | 'new-object'
  | 'delete-object'
  | 'import'
  | 'rename'
  | 'category'
  | 'show'
  | 'hide'
  | 'solo'
  | 'recolor'
  | 'reorder'
  | 'opacity'
  | 'lock-object'
  | 'unlock-object'
  | 'clean-up'
  | 'add-point'
  | 'move-point'
  | 'remove-point'
  | 'box'
  | 'remove-box'
  | 'mask'
  | 'remove-mask'
  | 'clear-prompts'
  | 'candidate'
  | 'lock'
  | 'unlock'
  | 'track'
  | 'looks-right'
  | 'range'
  | 'settings'
  /** All that was followed while it was recorded. */
  | 'live';

export type HistoryStep = {
  id: number;
  action: HistoryAction;
  /** Name of the object it was done to; null when it concerns several. */
  object: string | null;
  /** Where it was done; null when it concerns no frame in particular. */
  frameIndex: number | null;
};

export type HistoryState = {
  /** The oldest first. */
  steps: readonly HistoryStep[];
  /** How many of them are done; those after it were taken back. */
  position: number;
};

export const noHistory: HistoryState = { steps: [], position: 0 };

/** Steps that make other masks. */
const editing: ReadonlySet<HistoryAction> = new Set([
  'new-object',
  'delete-object',
  'add-point',
  'move-point',
  'remove-point',
  'box',
  'remove-box',
  'mask',
  'remove-mask',
  'clear-prompts',
  'candidate',
  'track',
]);

/**
 * How many steps were done in the state that the present masks are compared with: all up to the run before the newest
 * edit, so that corrections and the run that carries them out are seen together. Null when nothing was edited.
 */
export function comparedPosition({ steps, position }: HistoryState): number | null {
  const newest = steps.findLastIndex(({ action }, n) => n < position && editing.has(action));
  if (newest < 0) return null;
  const runBefore = steps.findLastIndex(({ action }, n) => n < newest && action === 'track');
  return runBefore < 0 ? newest : runBefore + 1;
}

/** What an edit of a frame's prompts is called. */
export function promptAction(before: FramePrompts, after: FramePrompts): HistoryAction {
  if (after.mask && after.mask !== before.mask) return 'mask';
  if (after.points.length > before.points.length) return 'add-point';
  if (after.box && after.box !== before.box) return 'box';
  if (after.points.length === 0 && !after.box && !after.mask) return 'clear-prompts';
  if (after.points.length < before.points.length) return 'remove-point';
  if (before.mask && !after.mask) return 'remove-mask';
  return before.box && !after.box ? 'remove-box' : 'move-point';
}
