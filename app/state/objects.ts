/** The objects a person follows through the video. Undoable. */
import type { ObjectId } from '../../workers/protocol/prompt';
import type { ObjectCleanUp } from '../../workers/protocol/segment-contract';

export type ObjectEntry = {
  id: ObjectId;
  name: string;
  /** Its class label, by which data sets call it; null until a person gives one. */
  category: string | null;
  /** Index into the palette. */
  colorIndex: number;
  isVisible: boolean;
  /** Its prompts and masks stay as they are: no edit and no run touches it. */
  isLocked: boolean;
  /** Of its mask on the frame, 0 to 1. */
  opacity: number;
  /** Repairs of its own; null for those of all objects. */
  cleanUp: ObjectCleanUp | null;
};

/** What data sets call objects to which a person gave no class label. */
export const usualCategory = 'object';

/** What an object's own repairs start from. */
export const usualCleanUp: ObjectCleanUp = {
  fillHoleArea: 8,
  removeIslandArea: 0,
  growPx: 0,
  smoothPx: 0,
  featherPx: 0,
};

export type ObjectsState = {
  /** In the person's order; at first that in which they were added. */
  list: readonly ObjectEntry[];
  /** Ids are never reused, so this only grows. */
  nextId: ObjectId;
};

export const noObjects: ObjectsState = { list: [], nextId: 1 };

export function addObject(state: ObjectsState, name: string): ObjectsState {
  const entry: ObjectEntry = {
    id: state.nextId,
    name,
    category: null,
    colorIndex: freeColorIndex(state),
    isVisible: true,
    isLocked: false,
    opacity: 1,
    cleanUp: null,
  };
  return { list: [...state.list, entry], nextId: state.nextId + 1 };
}

export function removeObject(state: ObjectsState, id: ObjectId): ObjectsState {
  return { ...state, list: state.list.filter((entry) => entry.id !== id) };
}

export function changeObject(
  state: ObjectsState,
  id: ObjectId,
  fields: Partial<Omit<ObjectEntry, 'id'>>,
): ObjectsState {
  return { ...state, list: state.list.map((entry) => (entry.id === id ? { ...entry, ...fields } : entry)) };
}

/** Moves an object up (negative) or down in the list, as far as it goes. */
export function moveObject(state: ObjectsState, id: ObjectId, by: number): ObjectsState {
  const from = state.list.findIndex((entry) => entry.id === id);
  const to = Math.max(0, Math.min(state.list.length - 1, from + by));
  if (from < 0 || from === to) return state;
  const list = state.list.filter((entry) => entry.id !== id);
  list.splice(to, 0, state.list[from]!);
  return { ...state, list };
}

export function findObject(state: ObjectsState, id: ObjectId | null): ObjectEntry | undefined {
  return state.list.find((entry) => entry.id === id);
}

/** The object that takes the selection when `id` goes: the next one, else the one before. */
export function neighbourOf(state: ObjectsState, id: ObjectId): ObjectId | null {
  const index = state.list.findIndex((entry) => entry.id === id);
  return (state.list[index + 1] ?? state.list[index - 1])?.id ?? null;
}

/** The lowest index no object has: a colour comes back when its object was removed. */
function freeColorIndex(state: ObjectsState): number {
  const taken = new Set(state.list.map((entry) => entry.colorIndex));
  let index = 0;
  while (taken.has(index)) index++;
  return index;
}
