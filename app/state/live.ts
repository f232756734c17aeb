/** What is followed on a live source while it is recorded. When the recording is opened, it becomes the project's. */
import type { Failure } from '../../workers/protocol/errors';
import type { MaskSummary } from '../../workers/protocol/mask';
import type { ObjectId } from '../../workers/protocol/prompt';
import { eraseMask, forgetMasklet, markStale, maskletsFor, writeMasks, type MaskletsState } from './masklets';
import { noObjects, type ObjectsState } from './objects';
import { noPrompts, type PromptsState } from './prompts';

export type LiveState = {
  objects: ObjectsState;
  prompts: PromptsState;
  /** What the next point is for; null for something new. */
  selectedObject: ObjectId | null;
  /** Prompts that were not answered yet. */
  pending: number;
  canUndo: boolean;
  /** Why nothing is tracked any more; recording goes on. */
  failure: Failure | null;
};

export const nothingLive: LiveState = {
  objects: noObjects,
  prompts: noPrompts,
  selectedObject: null,
  pending: 0,
  canUndo: false,
  failure: null,
};

/** What the tracker answered while the source was live, in order. */
export type LiveAnswer =
  | { kind: 'tracked'; masks: readonly MaskSummary[] }
  | { kind: 'prompted'; object: ObjectId; frameIndex: number; mask: MaskSummary | null }
  | { kind: 'removed'; object: ObjectId };

/**
 * The masklets that follow from the answers: tracked frames at their numbers and nothing between them, stale where a
 * later prompt has overtaken them.
 */
export function maskletsOf(answers: readonly LiveAnswer[], frameCount: number): MaskletsState {
  const exists = ({ frameIndex }: { frameIndex: number }) => frameIndex < frameCount;
  let state = maskletsFor(frameCount);
  for (const answer of answers) {
    if (answer.kind === 'tracked') state = writeMasks(state, answer.masks.filter(exists));
    else if (answer.kind === 'removed') state = forgetMasklet(state, answer.object);
    else if (exists(answer)) {
      const { object, frameIndex, mask } = answer;
      const others = markStale(state, object, frameIndex);
      state = mask ? writeMasks(others, [mask]) : eraseMask(others, object, frameIndex);
    }
  }
  return state;
}
