/** The page's state as slices of a project, and back. What a disk gives back is not trusted: what makes no sense is left out. */
import type { MaskRle, MaskResult } from '../../workers/protocol/mask';
import type { Project, StoredMask } from '../../workers/protocol/project';
import type { FramePrompts, ObjectId } from '../../workers/protocol/prompt';
import type { AdoptedObject } from '../../workers/protocol/segment-contract';
import { fromCocoString, toCocoString } from '../../workers/rle/coco-string';
import { checkRle, measureRle } from '../../workers/rle/rle';
import { maskletsFor, writeMasks, type MaskletsState } from '../state/masklets';
import { noObjects, type ObjectEntry, type ObjectsState } from '../state/objects';
import type { PlaybackState } from '../state/playback';
import { noPrompts, promptsOn, statePrompts, type PromptsState } from '../state/prompts';
import { reviewKey } from '../state/review';
import { restoreMarks, savedMarks, type SavedMarks } from '../state/saved-marks';
import type { SettingsState } from '../state/settings';
import type { AppState } from '../state/store';

/** A slice by name: the part of the state that it is made of, by whose identity changes are known, and its value. */
export type Slice = { source: unknown; value: () => unknown };

type Place = Pick<PlaybackState, 'frameIndex' | 'range'> & { selectedObject: ObjectId | null };

/** Prompts are slices of their own, frame by frame: a stroke does not write all others again. */
export function slicesOf(state: AppState): Map<string, Slice> {
  const { objects, settings, prompts, masklets, review, playback, view, model } = state;
  const { frameIndex, range } = playback;
  const { selectedObject } = view;
  const slices = new Map<string, Slice>([
    ['objects', { source: objects, value: () => objects }],
    ['settings', { source: settings, value: () => settings }],
    ['dismissed', { source: review.dismissed, value: () => dismissedMasks(state) }],
    ['model', { source: model.status?.name, value: () => model.status?.name ?? null }],
    ['range', { source: range, value: () => range }],
    // By what they are: they change often, and stay the same.
    ['place', { source: `${frameIndex}/${selectedObject}`, value: () => ({ frameIndex, selectedObject }) }],
  ]);
  for (const [id, masklet] of Object.entries(masklets.byObject)) {
    slices.set(`marks/${id}`, { source: masklet, value: () => savedMarks(masklet) });
  }
  for (const [id, frames] of Object.entries(prompts.byObject)) {
    for (const [frame, stated] of Object.entries(frames)) {
      slices.set(`prompts/${id}/${frame}`, {
        source: stated,
        value: () => ({ ...stated, mask: savedRle(stated.mask) }),
      });
    }
  }
  return slices;
}

/** Those of the masks that are there now: versions mean nothing to another page. */
function dismissedMasks({ review, masklets }: AppState): [ObjectId, number][] {
  return [...review.dismissed].flatMap((key): [ObjectId, number][] => {
    const [object = NaN, frameIndex = NaN] = key.split('/').map(Number);
    return reviewKey(masklets.byObject[object], object, frameIndex) === key ? [[object, frameIndex]] : [];
  });
}

export function storedMask(mask: MaskResult): StoredMask {
  const { object, frameIndex, origin, occlusionScore, predictedIou, pieces, rle } = mask;
  return { object, frameIndex, counts: toCocoString(rle.counts), origin, occlusionScore, predictedIou, pieces };
}

export type RestoredWork = Pick<AppState, 'objects' | 'prompts' | 'settings' | 'masklets'> & {
  dismissed: ReadonlySet<string>;
  place: Place;
  /** For the segment worker. */
  adopted: AdoptedObject[];
};

/** @param usual of settings that the project does not know */
export function restoredWork({ head, slices, masks }: Project, usual: SettingsState): RestoredWork {
  const { width, height, frameCount } = head.video;
  const objects = restoredObjects(slices['objects']);
  const ids = new Set(objects.list.map(({ id }) => id));
  const isFrame = (frame: unknown): frame is number =>
    Number.isInteger(frame) && (frame as number) >= 0 && (frame as number) < frameCount;
  const results = masks
    .filter(({ object, frameIndex }) => ids.has(object) && isFrame(frameIndex))
    .flatMap((mask, n): MaskResult[] => {
      const rle = restoredRle({ width, height, counts: mask.counts });
      if (!rle) return [];
      const { object, frameIndex, origin, occlusionScore, predictedIou, pieces } = mask;
      const scores = { origin, occlusionScore, predictedIou, pieces: pieces ?? 1 };
      return [{ object, frameIndex, ...scores, version: n + 1, rle, ...measureRle(rle) }];
    });
  let prompts = noPrompts;
  let masklets: MaskletsState = writeMasks(maskletsFor(frameCount), results);
  for (const [name, value] of Object.entries(slices)) {
    const [kind, id = NaN, frame = NaN] = name.split('/').map((part, n) => (n === 0 ? part : Number(part)));
    if (value === null || !ids.has(Number(id))) continue;
    if (kind === 'prompts' && isFrame(frame)) {
      const stated = restoredPrompts(value);
      if (stated) prompts = statePrompts(prompts, Number(id), frame, stated);
    }
    if (kind === 'marks') masklets = restoreMarks(masklets, Number(id), value as SavedMarks);
  }
  const place = slices['place'] as Partial<Place> | undefined;
  const range = slices['range'] as Place['range'] | undefined;
  const selected = place?.selectedObject ?? null;
  return {
    objects,
    prompts,
    settings: { ...usual, ...(slices['settings'] as Partial<SettingsState> | undefined) },
    masklets,
    dismissed: restoredDismissed(slices['dismissed'], masklets),
    place: {
      frameIndex: isFrame(place?.frameIndex) ? place.frameIndex : 0,
      range: range && isFrame(range.from) && isFrame(range.to) ? range : null,
      selectedObject: selected !== null && ids.has(selected) ? selected : null,
    },
    adopted: adoptedObjects(objects, prompts, masklets, results),
  };
}

function restoredObjects(value: unknown): ObjectsState {
  const { list = [], nextId = 1 } = (value ?? noObjects) as Partial<ObjectsState>;
  const known = list.filter(({ id }) => Number.isInteger(id) && id > 0);
  return {
    list: known.map((entry): ObjectEntry => ({ ...entry })),
    nextId: Math.max(nextId, ...known.map(({ id }) => id + 1)),
  };
}

/** Prompts that are the same on the disk: their masks there are answers to them. */
export function samePrompts(now: PromptsState, onDisk: PromptsState): PromptsState {
  let same = noPrompts;
  for (const [id, frames] of Object.entries(now.byObject)) {
    for (const [frame, stated] of Object.entries(frames)) {
      const kept = promptsOn(onDisk, Number(id), Number(frame));
      if (JSON.stringify(kept) === JSON.stringify(stated)) same = statePrompts(same, Number(id), Number(frame), stated);
    }
  }
  return same;
}

/** What the segment worker has to know of objects whose masks are at hand. */
export function adoptedObjects(
  objects: ObjectsState,
  prompts: PromptsState,
  masklets: MaskletsState,
  masks: readonly MaskResult[],
): AdoptedObject[] {
  return objects.list.map(({ id }) => {
    const locked: number[] = [];
    masklets.byObject[id]?.columns.isLocked.forEach((isLocked, frameIndex) => {
      if (isLocked === 1) locked.push(frameIndex);
    });
    const stated = Object.keys(prompts.byObject[id] ?? {}).map(Number);
    return {
      object: id,
      prompts: stated.map((frameIndex) => ({ frameIndex, prompts: promptsOn(prompts, id, frameIndex) })),
      masks: masks.filter(({ object }) => object === id),
      locked,
    };
  });
}

type SavedRle = { width: number; height: number; counts: string };

function savedRle(rle: MaskRle | null): SavedRle | null {
  return rle && { ...rle, counts: toCocoString(rle.counts) };
}

/** Null for what is no mask of its size. */
function restoredRle({ width, height, counts }: SavedRle): MaskRle | null {
  try {
    const rle = { width, height, counts: fromCocoString(counts) };
    checkRle(rle);
    return rle;
  } catch {
    return null;
  }
}

function restoredPrompts(value: unknown): FramePrompts | null {
  const { points, box, mask } = value as Omit<FramePrompts, 'mask'> & { mask: SavedRle | null };
  if (!Array.isArray(points)) return null;
  return { points, box: box ?? null, mask: mask && restoredRle(mask) };
}

function restoredDismissed(value: unknown, { byObject }: MaskletsState): Set<string> {
  const masks = (value ?? []) as [ObjectId, number][];
  return new Set(masks.map(([object, frameIndex]) => reviewKey(byObject[object], object, frameIndex)));
}
