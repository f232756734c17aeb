/** What a person said about each object on each frame. Undoable. Coordinates are normalised to the video. */
import type { BoxPrompt, FramePrompts, ObjectId, PointPrompt } from '../../workers/protocol/prompt';

type PromptsOfObject = Readonly<Record<number, FramePrompts>>;

export type PromptsState = {
  byObject: Readonly<Record<ObjectId, PromptsOfObject>>;
};

export const noPrompts: PromptsState = { byObject: {} };

export const emptyPrompts: FramePrompts = { points: [], box: null, mask: null };

function hasPrompts({ points, box, mask }: FramePrompts): boolean {
  return points.length > 0 || box !== null || mask !== null;
}

export function promptsOn(state: PromptsState, object: ObjectId, frameIndex: number): FramePrompts {
  return state.byObject[object]?.[frameIndex] ?? emptyPrompts;
}

export function isPrompted(state: PromptsState, object: ObjectId): boolean {
  return Object.keys(state.byObject[object] ?? {}).length > 0;
}

/** Frames of an object that have a prompt, ascending. */
export function promptedFrames(state: PromptsState, object: ObjectId): number[] {
  return Object.keys(state.byObject[object] ?? {})
    .map(Number)
    .sort((a, b) => a - b);
}

/** States all prompts of one object on one frame; none removes the entry. */
export function statePrompts(
  state: PromptsState,
  object: ObjectId,
  frameIndex: number,
  prompts: FramePrompts,
): PromptsState {
  const frames = { ...state.byObject[object] };
  if (hasPrompts(prompts)) frames[frameIndex] = prompts;
  else delete frames[frameIndex];
  return { byObject: { ...state.byObject, [object]: frames } };
}

/** Without those of frames from `frameCount` on. */
export function promptsBefore(state: PromptsState, frameCount: number): PromptsState {
  const isBefore = ([frameIndex]: [string, FramePrompts]) => Number(frameIndex) < frameCount;
  const kept = Object.entries(state.byObject).map(([object, frames]) => [
    object,
    Object.fromEntries(Object.entries(frames).filter(isBefore)),
  ]);
  return { byObject: Object.fromEntries(kept) as PromptsState['byObject'] };
}

export function forgetPrompts(state: PromptsState, object: ObjectId): PromptsState {
  const { [object]: _forgotten, ...byObject } = state.byObject;
  return { byObject };
}

/** A point refines what is there, a painted mask too. */
export function withPoints(prompts: FramePrompts, points: readonly PointPrompt[]): FramePrompts {
  return { ...prompts, points: [...prompts.points, ...points] };
}

export function withoutPoint(prompts: FramePrompts, index: number): FramePrompts {
  return { ...prompts, points: prompts.points.filter((_, at) => at !== index) };
}

export function withBox(prompts: FramePrompts, box: BoxPrompt | null): FramePrompts {
  return { ...prompts, box };
}
