/** What each shortcut does. */
import type { Engine } from '../engine/engine';
import { removeLast } from '../engine/frame-gestures';
import { replaceWork } from '../questions';
import { promptedFrames } from '../state/prompts';
import { patch, type AppState, type AppStore } from '../state/store';
import { comparisons, maskLooks, steppedBrush, steppedHardness, zoomedBy, type Tool } from '../state/view';
import { alwaysThere, type ShortcutId } from '../state/keymap';

type Context = { engine: Engine; store: AppStore; state: AppState; key: string };

/** What is under way; undefined when there was nothing to do. */
type Done = Promise<unknown> | undefined;

/** @returns undefined when the shortcut has nothing to do now */
export function runShortcut(id: ShortcutId, key: string, engine: Engine, store: AppStore): Done {
  const state = store.getState();
  if (!state.project.video && !alwaysThere.has(id)) return undefined;
  return commands[id]({ engine, store, state, key });
}

const commands: Record<ShortcutId, (context: Context) => Done> = {
  help: async ({ store }) => patch(store, 'view', { isShortcutSheetOpen: true }),
  palette: async ({ store }) => patch(store, 'view', { isPaletteOpen: true }),
  'record-camera': (app) => replaceWork(app, () => app.engine.recorder.start('camera')),
  'record-screen': (app) => replaceWork(app, () => app.engine.recorder.start('screen')),
  'play-pause': async ({ engine }) => engine.player.toggle(),
  'frame-back': ({ engine }) => engine.player.step(-1),
  'frame-forward': ({ engine }) => engine.player.step(1),
  'ten-back': ({ engine }) => engine.player.step(-10),
  'ten-forward': ({ engine }) => engine.player.step(10),
  mute: async ({ store, state }) => patch(store, 'playback', { isMuted: !state.playback.isMuted }),
  'first-frame': ({ engine }) => engine.player.seek(0),
  'last-frame': ({ engine, state }) => engine.player.seek(state.masklets.frameCount - 1),
  'set-in': async ({ engine }) => engine.player.setIn(),
  'set-out': async ({ engine }) => engine.player.setOut(),
  'clear-range': async ({ engine }) => engine.player.clearRange(),
  loop: async ({ store, state }) => patch(store, 'playback', { isLooping: !state.playback.isLooping }),
  'go-to-frame': async () => document.querySelector<HTMLInputElement>('[data-frame-field]')?.select(),
  'previous-prompted': ({ engine, state }) => seekTo(engine, neighbouringPrompt(state, false)),
  'next-prompted': ({ engine, state }) => seekTo(engine, neighbouringPrompt(state, true)),
  'select-tool': ({ store }) => takeTool(store, 'select'),
  'point-tool': ({ store }) => takeTool(store, 'point'),
  'box-tool': ({ store }) => takeTool(store, 'box'),
  'brush-tool': ({ store }) => takeTool(store, 'brush'),
  'eraser-tool': ({ store }) => takeTool(store, 'eraser'),
  'lasso-tool': ({ store }) => takeTool(store, 'lasso'),
  'smaller-brush': async ({ store, state }) =>
    patch(store, 'view', { brushSize: steppedBrush(state.view.brushSize, false) }),
  'larger-brush': async ({ store, state }) =>
    patch(store, 'view', { brushSize: steppedBrush(state.view.brushSize, true) }),
  'softer-brush': async ({ store, state }) =>
    patch(store, 'view', { brushHardness: steppedHardness(state.view.brushHardness, false) }),
  'harder-brush': async ({ store, state }) =>
    patch(store, 'view', { brushHardness: steppedHardness(state.view.brushHardness, true) }),
  'copy-mask': ({ engine }) => engine.clipboard.copy(),
  'paste-mask': ({ engine }) => engine.clipboard.paste(),
  'lock-frame': ({ engine, state }) => toggleLock(engine, state),
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
  'zoom-fit': async ({ store }) => patch(store, 'view', { zoom: null }),
  'zoom-actual': async ({ store }) =>
    patch(store, 'view', { zoom: zoomedBy(store.getState().view, actualFactor(store)) }),
  'zoom-in': async ({ store, state }) => patch(store, 'view', { zoom: zoomedBy(state.view, 1.5) }),
  'zoom-out': async ({ store, state }) => patch(store, 'view', { zoom: zoomedBy(state.view, 1 / 1.5) }),
  'hide-masks': async ({ store, state }) => patch(store, 'view', { isMaskHidden: !state.view.isMaskHidden }),
  'next-look': async ({ store, state }) => {
    const next = (maskLooks.indexOf(state.view.maskLook) + 1) % maskLooks.length;
    patch(store, 'view', { maskLook: maskLooks[next]! });
  },
  'onion-skin': async ({ store, state }) => patch(store, 'view', { hasOnionSkin: !state.view.hasOnionSkin }),
  compare: async ({ store, state }) => {
    const next = (comparisons.indexOf(state.view.comparison) + 1) % comparisons.length;
    patch(store, 'view', { comparison: comparisons[next]! });
  },
  undo: ({ engine }) => engine.history.undo(),
  redo: ({ engine }) => engine.history.redo(),
  cancel: ({ engine, store, state }) => {
    if (state.tracking.run) return engine.tracking.cancel();
    if (state.view.comparison === 'off') return undefined;
    patch(store, 'view', { comparison: 'off' });
    return Promise.resolve();
  },
};

/** To where a video pixel is one of the screen's. */
function actualFactor(store: AppStore): number {
  const { zoom, fitScale } = store.getState().view;
  return 1 / window.devicePixelRatio / (zoom?.scale ?? fitScale);
}

function toggleLock(engine: Engine, { view, playback, masklets }: AppState): Done {
  const object = view.selectedObject;
  if (object === null) return undefined;
  const isLocked = masklets.byObject[object]?.columns.isLocked[playback.shownFrame] === 1;
  return engine.prompts.lock(object, playback.shownFrame, !isLocked);
}

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
