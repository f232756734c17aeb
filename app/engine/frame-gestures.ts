/** What clicks, drags and keys on the frame mean: commands on the selected object and the frame shown. */
import type { BoxPrompt, ObjectId, PointLabel } from '../../workers/protocol/prompt';
import { isPrompted, promptsOn, withBox, withoutPoint, withPoints } from '../state/prompts';
import type { AppStore } from '../state/store';
import type { Engine } from './engine';

export type PromptOutcome = 'prompted' | 'negative-first';

/**
 * A point on the frame shown, for the selected object. The first positive one makes the object. A run that goes on takes
 * it in between two of its frames.
 */
export async function promptPoint(
  engine: Engine,
  store: AppStore,
  { xNorm, yNorm }: { xNorm: number; yNorm: number },
  label: PointLabel,
): Promise<PromptOutcome> {
  const { view, prompts } = store.getState();
  const hasNothing = view.selectedObject === null || !isPrompted(prompts, view.selectedObject);
  // Without a positive prompt on any frame there is nothing to take away from.
  if (label === 0 && hasNothing) return 'negative-first';
  await promptSelected(engine, store, (before) => withPoints(before, [{ xNorm, yNorm, label }]));
  return 'prompted';
}

/** A box around the object on the frame shown, in place of the one before. */
export async function promptBox(engine: Engine, store: AppStore, box: BoxPrompt): Promise<void> {
  await promptSelected(engine, store, (before) => withBox(before, box));
}

async function promptSelected(
  engine: Engine,
  store: AppStore,
  edit: Parameters<Engine['prompts']['change']>[2],
): Promise<void> {
  const { shownFrame } = store.getState().playback;
  // Holds the frame that was clicked: neither playing nor a run moves on from it.
  const held = engine.player.seek(shownFrame);
  const { selectedObject } = store.getState().view;
  const change = (object: ObjectId) => engine.prompts.change(object, shownFrame, edit);
  const answer =
    selectedObject === null
      ? engine.history.together('new-object', { frameIndex: shownFrame }, () => change(engine.objects.add()))
      : change(selectedObject);
  await Promise.all([held, answer]);
}

/**
 * Takes back the newest prompt of the selected object on the frame shown; an object that has none at all is removed.
 * @returns false when there was nothing to take back
 */
export async function removeLast(engine: Engine, store: AppStore): Promise<boolean> {
  const { view, prompts, playback } = store.getState();
  const object = view.selectedObject;
  if (object === null) return false;
  const { points, box, mask } = promptsOn(prompts, object, playback.shownFrame);
  if (points.length === 0 && !box && !mask) {
    if (isPrompted(prompts, object)) return false;
    await engine.objects.remove(object);
    return true;
  }
  await engine.prompts.change(object, playback.shownFrame, (before) => {
    if (before.points.length > 0) return withoutPoint(before, before.points.length - 1);
    return { points: [], box: null, mask: null };
  });
  return true;
}
