/** How each object's mask looks on the frame. */
import type { MaskResult, MaskRle } from '../../workers/protocol/mask';
import type { MaskLayer } from '../masks/composite-masks';
import { findObject } from '../state/objects';
import { objectRgb } from '../state/palette';
import type { AppState } from '../state/store';

const outline = 2;
const outlineOfOthers = 1.5;
const hoveredOutline = 3;

/** Visible objects, the selected one on top; outlines in CSS pixels. */
export function maskLayers(masks: readonly MaskResult[], state: AppState): MaskLayer[] {
  const { selectedObject, hoveredObject, maskLook, maskOpacity } = state.view;
  const selectedLast = state.objects.list.filter(({ id }) => id !== selectedObject);
  selectedLast.push(...state.objects.list.filter(({ id }) => id === selectedObject));
  return selectedLast.flatMap(({ id, colorIndex, isVisible, opacity, cleanUp }) => {
    const mask = masks.find(({ object }) => object === id);
    if (!isVisible || !mask?.box) return [];
    const isSelected = id === selectedObject;
    return {
      rle: mask.rle,
      box: mask.box,
      color: objectRgb(colorIndex),
      fillAlpha: maskLook === 'outline' ? 0 : 0.45,
      outlinePx: id === hoveredObject ? hoveredOutline : isSelected ? outline : outlineOfOthers,
      opacity: opacity * maskOpacity,
      featherPx: cleanUp?.featherPx ?? 0,
    };
  });
}

/** The selected object on a neighbouring frame: a faint line. */
export function onionLayers(masks: readonly MaskResult[], state: AppState): MaskLayer[] {
  const entry = findObject(state.objects, state.view.selectedObject);
  const mask = masks.find(({ object }) => object === entry?.id);
  if (!entry?.isVisible || !mask?.box) return [];
  const { rle, box } = mask;
  return [{ rle, box, color: objectRgb(entry.colorIndex), fillAlpha: 0, outlinePx: 1, opacity: 0.6, featherPx: 0 }];
}

/** Sum of the layers' boxes, in areas of the video. */
export function coverageOf(layers: readonly MaskLayer[]): number {
  let coverage = 0;
  for (const { box, rle } of layers) {
    if (box) coverage += ((box.x1 - box.x0) * (box.y1 - box.y0)) / (rle.width * rle.height);
  }
  return coverage;
}

const pixelsIds = new WeakMap<MaskRle, number>();
let nextPixelsId = 1;

/** The same mask may be shown by other pixels: with other repairs, or beside other objects. */
function pixelsId(rle: MaskRle): number {
  const known = pixelsIds.get(rle);
  if (known !== undefined) return known;
  pixelsIds.set(rle, nextPixelsId);
  return nextPixelsId++;
}

/** Equal as long as the picture is. */
export function compositeKey(masks: readonly MaskResult[], state: AppState, frameIndex: number): string {
  const seen = state.objects.list
    .filter(({ isVisible }) => isVisible)
    .map(({ id, colorIndex, opacity, cleanUp }) => {
      const mask = masks.find(({ object }) => object === id);
      return mask ? `${id}.${colorIndex}.${opacity}.${cleanUp?.featherPx ?? 0}.${pixelsId(mask.rle)}` : '';
    });
  const { selectedObject, hoveredObject, maskLook, maskOpacity, isMaskHidden } = state.view;
  const hovered = masks.some(({ object }) => object === hoveredObject) ? hoveredObject : null;
  return [frameIndex, selectedObject, hovered, maskLook, maskOpacity, isMaskHidden, ...seen].join('|');
}
