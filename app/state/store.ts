/** The page's state: slices of plain values, changed only by the engine and by small view commands. No React, no pixels. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { noAnswers, type AnswersState } from './answers';
import { noExport, type ExportingState } from './exporting';
import { noHistory, type HistoryState } from './history';
import { noImport, type ImportingState } from './importing';
import { nothingLive, type LiveState } from './live';
import { noMasklets, type MaskletsState } from './masklets';
import { modelAtStart, type ModelState } from './model';
import { modelsAtStart, type ModelsState } from './models';
import { noNotices, type NoticesState } from './notices';
import { noObjects, type ObjectsState } from './objects';
import { playbackAtStart, type PlaybackState } from './playback';
import { noProject, type ProjectState } from './project';
import { noProjects, type ProjectsState } from './projects';
import { noPrompts, type PromptsState } from './prompts';
import { notRecording, type LeftoversState, type RecordingState } from './recording';
import { noReview, type ReviewState } from './review';
import { settingsAtStart, type SettingsState } from './settings';
import { notTracking, type TrackingState } from './tracking';
import { viewAtStart, type ViewState } from './view';

/** What a person made: the part that an undo step restores. */
type UndoableState = {
  objects: ObjectsState;
  prompts: PromptsState;
  settings: SettingsState;
};

/** What follows from it or passes by. */
type PassingState = {
  project: ProjectState;
  model: ModelState;
  models: ModelsState;
  answers: AnswersState;
  masklets: MaskletsState;
  history: HistoryState;
  playback: PlaybackState;
  tracking: TrackingState;
  review: ReviewState;
  exporting: ExportingState;
  importing: ImportingState;
  recording: RecordingState;
  live: LiveState;
  leftovers: LeftoversState;
  projects: ProjectsState;
  notices: NoticesState;
  view: ViewState;
};

export type AppState = UndoableState & PassingState;
export type AppStore = StoreApi<AppState>;

export function createAppStore(
  view: Partial<ViewState> = {},
  models: Partial<ModelsState> = {},
  settings: SettingsState = settingsAtStart,
): AppStore {
  return createStore<AppState>(() => ({
    objects: noObjects,
    prompts: noPrompts,
    settings,
    project: noProject,
    model: modelAtStart,
    models: { ...modelsAtStart, ...models },
    answers: noAnswers,
    masklets: noMasklets,
    history: noHistory,
    playback: playbackAtStart,
    tracking: notTracking,
    review: noReview,
    exporting: noExport,
    importing: noImport,
    recording: notRecording,
    live: nothingLive,
    leftovers: { list: [] },
    projects: noProjects,
    notices: noNotices,
    view: { ...viewAtStart, ...view },
  }));
}

/** Merges fields into one slice. */
export function patch<K extends keyof AppState>(store: AppStore, slice: K, fields: Partial<AppState[K]>): void {
  store.setState((state) => ({ [slice]: { ...state[slice], ...fields } }));
}

/** Calls `listener` when what `select` picks has changed, by identity. */
export function watch<T>(
  store: AppStore,
  select: (state: AppState) => T,
  listener: (now: T, before: T) => void,
): () => void {
  return store.subscribe((state, before) => {
    const now = select(state);
    const then = select(before);
    if (!Object.is(now, then)) listener(now, then);
  });
}
