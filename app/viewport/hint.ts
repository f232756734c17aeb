/** The next step for who is new here, one at a time. */
import { isPrompted } from '../state/prompts';
import type { AppState } from '../state/store';

export type Hint = 'first-click' | 'model-loading' | 'refine' | 'stale' | 'passed-over' | 'correct' | 'new-object';

/** Null when there is nothing to teach. */
export function nextHint(state: AppState): Hint | null {
  const { objects, prompts, masklets, model, answers, tracking, history, view } = state;
  if (tracking.run) return null;
  const hasPrompts = objects.list.some(({ id }) => isPrompted(prompts, id));
  const isLoading = ['download', 'check', 'compile'].includes(model.stage);
  if (answers.pending.size > 0 && isLoading) return 'model-loading';
  if (!hasPrompts) return 'first-click';
  const selected = view.selectedObject;
  if (selected !== null && !isPrompted(prompts, selected)) return 'new-object';
  if (selected !== null && (masklets.byObject[selected]?.staleFrames ?? 0) > 0) return 'stale';
  if (history.steps[history.position - 1]?.action === 'live') return 'passed-over';
  const isTracked = Object.values(masklets.byObject).some(({ trackedFrames }) => trackedFrames > 0);
  return isTracked ? 'correct' : 'refine';
}
