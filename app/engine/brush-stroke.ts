/** From a line that was drawn to the pixels that the brush, as it is set, takes on the frame shown. */
import { strokeSpans, type ColumnSpans, type VideoPoint } from '../masks/edit-mask';
import { softStrokeSpans, strokeArea } from '../masks/soft-stroke';
import type { AppStore } from '../state/store';
import type { Engine } from './engine';

/** @param line in video pixels */
export function brushStroke(engine: Engine, store: AppStore, line: readonly VideoPoint[]): ColumnSpans {
  const { brushSize, brushHardness } = store.getState().view;
  const size = engine.context.video();
  const radius = brushSize / 2;
  const area = brushHardness < 1 ? strokeArea(line, radius, size) : null;
  const frame = engine.presenter.shown?.frame;
  if (!area || !frame) return strokeSpans(line, radius, size);
  const { x, y, width, height, scale } = area;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(frame, x, y, width * scale, height * scale, 0, 0, width, height);
  const rgba = context.getImageData(0, 0, width, height).data;
  return softStrokeSpans(line, radius, brushHardness, { ...area, rgba }, size);
}
