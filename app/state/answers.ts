/** What the model answered to prompts: what is still awaited, and the candidates of ambiguous ones. */
import type { ObjectId } from '../../workers/protocol/prompt';

/** A candidate without its pixels, which stay in the engine. */
type CandidateSummary = { token: number; predictedIou: number; area: number };

export type CandidateSet = { token: number; candidates: readonly CandidateSummary[] };

export type PromptKey = `${ObjectId}:${number}`;

export type AnswersState = {
  pending: ReadonlySet<PromptKey>;
  candidates: Readonly<Record<PromptKey, CandidateSet>>;
};

export const noAnswers: AnswersState = { pending: new Set(), candidates: {} };

export function promptKey(object: ObjectId, frameIndex: number): PromptKey {
  return `${object}:${frameIndex}`;
}

export function setPending(state: AnswersState, key: PromptKey, isPending: boolean): AnswersState {
  const pending = new Set(state.pending);
  if (isPending) pending.add(key);
  else pending.delete(key);
  return { ...state, pending };
}

export function setCandidates(state: AnswersState, key: PromptKey, set: CandidateSet | null): AnswersState {
  const { [key]: _before, ...candidates } = state.candidates;
  return { ...state, candidates: set ? { ...candidates, [key]: set } : candidates };
}

export function forgetAnswers(state: AnswersState, object: ObjectId): AnswersState {
  const isOthers = (key: string) => !key.startsWith(`${object}:`);
  return {
    pending: new Set([...state.pending].filter(isOthers)),
    candidates: Object.fromEntries(Object.entries(state.candidates).filter(([key]) => isOthers(key))),
  };
}
