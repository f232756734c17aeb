/** The next step for who is new here, one at a time, by the tool in hand. */
import { isPrompted } from '../state/prompts';
import type { AppState } from '../state/store';
import type { Tool } from '../state/view';

type StepHint = 'first-click' | 'model-loading' | 'refine' | 'stale' | 'passed-over' | 'correct' | 'new-object';
type ToolHint = 'select' | 'first-box' | 'refine-box' | 'brush' | 'eraser' | 'nothing-to-erase' | 'lasso';

export type Hint = StepHint | ToolHint;

/** Null when there is nothing to teach. */
export function nextHint(state: AppState): Hint | null {
  const step = nextStep(state);
  // Those concern the masks, whatever is in hand.
  if (step === null || step === 'model-loading' || step === 'stale' || step === 'passed-over') return step;
  const { tool, selectedObject } = state.view;
  const isNew = step === 'first-click' || step === 'new-object' || selectedObject === null;
  if (tool === 'point') return step;
  return isNew ? toolHints[tool].ofNew : toolHints[tool].after;
}

/** None for the tool that the steps are told of. */
const toolHints: Readonly<Record<Exclude<Tool, 'point'>, { ofNew: ToolHint; after: ToolHint }>> = {
  select: { ofNew: 'select', after: 'select' },
  box: { ofNew: 'first-box', after: 'refine-box' },
  brush: { ofNew: 'brush', after: 'brush' },
  eraser: { ofNew: 'nothing-to-erase', after: 'eraser' },
  lasso: { ofNew: 'lasso', after: 'lasso' },
};

function nextStep(state: AppState): StepHint | null {
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
