/** What clicks, drags and keys on the frame mean: commands on the selected object and the frame shown. */
import type { MaskResult, MaskRle } from '../../workers/protocol/mask';
import type { BoxPrompt, FramePrompts, ObjectId, PointLabel } from '../../workers/protocol/prompt';
import { editMask, emptyMask, maskHas, type ColumnSpans } from '../masks/edit-mask';
import { findObject } from '../state/objects';
import { emptyPrompts, isPrompted, promptsOn, withBox, withoutPoint, withPoints } from '../state/prompts';
import { patch, type AppStore } from '../state/store';
import type { Engine } from './engine';

/**
 * What came of a prompt. A negative click may do nothing: where the object was not (`nothing-there`), or where the model
 * keeps it all the same (`kept-there`).
 */
export type PromptOutcome = 'prompted' | 'negative-first' | 'nothing-there' | 'kept-there';

/** A share of the mask's pixels that nobody sees come or go. */
const unseenChange = 0.005;

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
  const place = shownPlace(store);
  const before = knownMask(engine, place);
  await promptSelected(engine, store, (earlier) => withPoints(earlier, [{ xNorm, yNorm, label }]), place);
  if (label === 1) return 'prompted';
  await engine.masks.load(place.frameIndex);
  const after = knownMask(engine, place);
  const has = (mask: MaskResult | null) =>
    mask !== null && maskHas(mask.rle, xNorm * mask.rle.width, yNorm * mask.rle.height);
  if (has(after)) return 'kept-there';
  const change = Math.abs((after?.area ?? 0) - (before?.area ?? 0));
  return !has(before) && change <= unseenChange * (before?.area ?? 0) ? 'nothing-there' : 'prompted';
}

/** Of the object at a place, as it is seen. */
function knownMask(engine: Engine, { object, frameIndex }: Place): MaskResult | null {
  return engine.masks.known(frameIndex).find((mask) => mask.object === object) ?? null;
}

/** A box around the object on the frame shown, in place of the one before. */
export async function promptBox(engine: Engine, store: AppStore, box: BoxPrompt): Promise<void> {
  await promptSelected(engine, store, (before) => withBox(before, box));
}

/** Moves a point of the selected object on the frame shown. */
export async function movePoint(
  engine: Engine,
  store: AppStore,
  index: number,
  { xNorm, yNorm }: { xNorm: number; yNorm: number },
): Promise<void> {
  await promptSelected(engine, store, (before) => ({
    ...before,
    points: before.points.map((point, n) => (n === index ? { ...point, xNorm, yNorm } : point)),
  }));
}

/**
 * Adds pixels to the mask that is shown of the selected object, or takes them away: the edited mask becomes the prompt.
 * The first stroke makes the object.
 * @returns `negative-first` when there is nothing to take away from
 */
export async function paintMask(
  engine: Engine,
  store: AppStore,
  spans: ColumnSpans,
  isAdding: boolean,
): Promise<PromptOutcome> {
  const { width, height } = engine.context.video();
  // The person may have moved on by the time the mask is there.
  const place = shownPlace(store);
  const { object, frameIndex } = place;
  const shown = object === null ? undefined : await maskToEdit(engine, store, object, frameIndex);
  // A stroke that was not answered yet is built upon all the same.
  const baseOf = ({ mask, points, box }: FramePrompts) =>
    // What refines a mask is in the one that is shown.
    points.length === 0 && !box && mask?.width === width && mask.height === height ? mask : shown;
  const base = object === null ? undefined : baseOf(promptsOn(store.getState().prompts, object, frameIndex));
  if (!isAdding && !base?.counts.some((count, run) => run % 2 === 1 && count > 0)) return 'negative-first';
  await promptSelected(
    engine,
    store,
    (before) => ({
      points: [],
      box: null,
      mask: editMask(baseOf(before) ?? emptyMask({ width, height }), spans, isAdding),
    }),
    place,
  );
  return 'prompted';
}

/** As it is shown, but without repairs of its own, which would be made once more. */
async function maskToEdit(
  engine: Engine,
  store: AppStore,
  object: ObjectId,
  frameIndex: number,
): Promise<MaskRle | undefined> {
  if (findObject(store.getState().objects, object)?.cleanUp) {
    return (await engine.context.threads.segment.unrepairedMask(object, frameIndex))?.rle;
  }
  await engine.masks.load(frameIndex);
  return engine.masks.known(frameIndex).find((mask) => mask.object === object)?.rle;
}

/** Makes a mask the prompt of the selected object on the frame shown. */
export async function promptMask(engine: Engine, store: AppStore, mask: MaskRle): Promise<void> {
  await promptSelected(engine, store, () => ({ points: [], box: null, mask }));
}

/** The object that is on top at a place of the frame shown; hidden ones are not. */
export function objectAt(engine: Engine, store: AppStore, at: { xNorm: number; yNorm: number }): ObjectId | null {
  const { objects, playback, view } = store.getState();
  const masks = engine.masks.known(playback.shownFrame);
  const has = (id: ObjectId) => {
    const rle = masks.find(({ object }) => object === id)?.rle;
    return rle !== undefined && maskHas(rle, at.xNorm * rle.width, at.yNorm * rle.height);
  };
  // The selected one is drawn last.
  const visible = objects.list.filter(({ isVisible }) => isVisible).map(({ id }) => id);
  if (view.selectedObject !== null && visible.includes(view.selectedObject) && has(view.selectedObject)) {
    return view.selectedObject;
  }
  return visible.findLast(has) ?? null;
}

export type Place = { object: ObjectId | null; frameIndex: number };

function shownPlace(store: AppStore): Place {
  const { view, playback } = store.getState();
  return { object: view.selectedObject, frameIndex: playback.shownFrame };
}

/** Edits the prompts of a place; without an object there, one is made. */
async function promptSelected(
  engine: Engine,
  store: AppStore,
  edit: Parameters<Engine['prompts']['change']>[2],
  { object, frameIndex }: Place = shownPlace(store),
): Promise<void> {
  // Holds the frame that was clicked: neither playing nor a run moves on from it.
  const isShown = store.getState().playback.shownFrame === frameIndex;
  const held = isShown ? engine.player.seek(frameIndex) : undefined;
  const change = (id: ObjectId) => engine.prompts.change(id, frameIndex, edit);
  const answer =
    object === null
      ? engine.history.together('new-object', { frameIndex }, (step) => {
          const id = engine.objects.add();
          return change(id).catch((error: unknown) => {
            engine.objects.dropUnprompted(id, step);
            throw error;
          });
        })
      : change(object);
  await Promise.all([held, answer]);
}

/**
 * Removes the chosen point, or the newest prompt of the selected object on the frame shown; an object that has none at all is removed.
 * @returns false when there was nothing to take back
 */
export async function removeLast(engine: Engine, store: AppStore): Promise<boolean> {
  const { view, prompts, playback } = store.getState();
  const object = view.selectedObject;
  if (object === null) return false;
  const { points, box, mask } = promptsOn(prompts, object, playback.shownFrame);
  const chosen = view.selectedPoint;
  if (chosen !== null && chosen < points.length) {
    patch(store, 'view', { selectedPoint: null });
    await engine.prompts.change(object, playback.shownFrame, (before) => withoutPoint(before, chosen));
    return true;
  }
  if (points.length === 0 && !box && !mask) {
    if (isPrompted(prompts, object)) return false;
    await engine.objects.remove(object);
    return true;
  }
  await engine.prompts.change(object, playback.shownFrame, (before) => {
    if (before.points.length > 0) return withoutPoint(before, before.points.length - 1);
    return before.box && before.mask ? withBox(before, null) : emptyPrompts;
  });
  return true;
}
