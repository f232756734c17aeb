/** How each object's mask looks on the frame. */
import type { MaskResult } from '../../workers/protocol/mask';
import type { MaskLayer } from '../masks/composite-masks';
import { objectRgb } from '../state/palette';
import type { AppState } from '../state/store';

const outline = 2;
const outlineOfOthers = 1.5;

/** Visible objects, the selected one on top; outlines in CSS pixels. */
export function maskLayers(masks: readonly MaskResult[], state: AppState): MaskLayer[] {
  const { selectedObject } = state.view;
  const selectedLast = state.objects.list.filter(({ id }) => id !== selectedObject);
  selectedLast.push(...state.objects.list.filter(({ id }) => id === selectedObject));
  return selectedLast.flatMap(({ id, colorIndex, isVisible }) => {
    const mask = masks.find(({ object }) => object === id);
    if (!isVisible || !mask?.box) return [];
    const isSelected = id === selectedObject;
    return {
      rle: mask.rle,
      box: mask.box,
      color: objectRgb(colorIndex),
      fillAlpha: 0.45,
      outlinePx: isSelected ? outline : outlineOfOthers,
    };
  });
}

/** Sum of the layers' boxes, in areas of the video. */
export function coverageOf(layers: readonly MaskLayer[]): number {
  let coverage = 0;
  for (const { box, rle } of layers) {
    if (box) coverage += ((box.x1 - box.x0) * (box.y1 - box.y0)) / (rle.width * rle.height);
  }
  return coverage;
}

/** Equal as long as the picture is. */
export function compositeKey(masks: readonly MaskResult[], state: AppState, frameIndex: number): string {
  const seen = state.objects.list
    .filter(({ isVisible }) => isVisible)
    .map(({ id, colorIndex }) => {
      const mask = masks.find(({ object }) => object === id);
      return mask ? `${id}.${colorIndex}.${mask.version}` : '';
    });
  return `${frameIndex}|${state.view.selectedObject}|${seen.join()}`;
}
