/** What each shortcut does. */
import type { Engine } from '../engine/engine';
import { removeLast } from '../engine/frame-gestures';
import { promptedFrames } from '../state/prompts';
import { patch, type AppState, type AppStore } from '../state/store';
import type { Tool } from '../state/view';
import type { ShortcutId } from './keymap';

type Context = { engine: Engine; store: AppStore; state: AppState; key: string };

/** What is under way; undefined when there was nothing to do. */
type Done = Promise<unknown> | undefined;

/** @returns undefined when the shortcut has nothing to do now */
export function runShortcut(id: ShortcutId, key: string, engine: Engine, store: AppStore): Done {
  const state = store.getState();
  if (id !== 'help' && !state.project.video) return undefined;
  return commands[id]({ engine, store, state, key });
}

const commands: Record<ShortcutId, (context: Context) => Done> = {
  help: async ({ store }) => patch(store, 'view', { isShortcutSheetOpen: true }),
  'play-pause': async ({ engine }) => engine.player.toggle(),
  'frame-back': ({ engine }) => engine.player.step(-1),
  'frame-forward': ({ engine }) => engine.player.step(1),
  'ten-back': ({ engine }) => engine.player.step(-10),
  'ten-forward': ({ engine }) => engine.player.step(10),
  'first-frame': ({ engine }) => engine.player.seek(0),
  'last-frame': ({ engine, state }) => engine.player.seek(state.masklets.frameCount - 1),
  'previous-prompted': ({ engine, state }) => seekTo(engine, neighbouringPrompt(state, false)),
  'next-prompted': ({ engine, state }) => seekTo(engine, neighbouringPrompt(state, true)),
  'point-tool': ({ store }) => takeTool(store, 'point'),
  'box-tool': ({ store }) => takeTool(store, 'box'),
  'remove-prompt': ({ engine, store }) => removeLast(engine, store),
  'select-object': ({ engine, state, key }) => selectAt(Number(key) - 1, engine, state),
  'object-up': ({ engine, state }) => selectAt(Math.max(0, selectedIndex(state) - 1), engine, state),
  'object-down': ({ engine, state }) => selectAt(selectedIndex(state) + 1, engine, state),
  'new-object': async ({ engine }) => engine.objects.addOrReuse(),
  'track-both': ({ engine }) => engine.tracking.trackUnfinished('both'),
  'track-forward': ({ engine }) => engine.tracking.trackUnfinished('forward'),
  'track-backward': ({ engine }) => engine.tracking.trackUnfinished('backward'),
  'track-one-forward': ({ engine }) => engine.tracking.trackOn(1),
  'track-one-back': ({ engine }) => engine.tracking.trackOn(-1),
  'next-stop': ({ engine }) => engine.review.walk(true),
  'previous-stop': ({ engine }) => engine.review.walk(false),
  'looks-right': ({ engine }) => engine.review.dismiss(),
  undo: ({ engine }) => engine.history.undo(),
  redo: ({ engine }) => engine.history.redo(),
  cancel: ({ engine, state }) => (state.tracking.run ? engine.tracking.cancel() : undefined),
};

async function takeTool(store: AppStore, tool: Tool): Promise<void> {
  patch(store, 'view', { tool });
}

function seekTo(engine: Engine, frameIndex: number | undefined): Done {
  return frameIndex === undefined ? undefined : engine.player.seek(frameIndex);
}

function selectedIndex({ objects, view }: AppState): number {
  return objects.list.findIndex(({ id }) => id === view.selectedObject);
}

function selectAt(index: number, engine: Engine, { objects }: AppState): Done {
  const entry = objects.list[index];
  if (!entry) return undefined;
  engine.objects.select(entry.id);
  return Promise.resolve();
}

/** The nearest prompted frame before or after the playhead: of the selected object, or of all when none is. */
function neighbouringPrompt({ prompts, objects, view, playback }: AppState, isNext: boolean): number | undefined {
  const ids = view.selectedObject === null ? objects.list.map(({ id }) => id) : [view.selectedObject];
  const frames = ids.flatMap((id) => promptedFrames(prompts, id)).sort((a, b) => a - b);
  const { frameIndex } = playback;
  return isNext ? frames.find((frame) => frame > frameIndex) : frames.findLast((frame) => frame < frameIndex);
}
