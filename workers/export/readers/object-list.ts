/** Objects as they come up in files, each with one mask a frame. */
import type { MaskRle } from '../../protocol/mask';
import type { ReadLabels, ReadObject } from '../../protocol/read-labels';
import { combineRle } from '../../rle/rle-algebra';
import { measureRle } from '../../rle/rle';
import { labelsWrong } from './checked';

/** More than these are no objects that a person follows. */
const maxObjects = 1000;

export class ObjectList {
  readonly #objects = new Map<string, ReadObject & { byFrame: Map<number | string, MaskRle> }>();
  leftOut = 0;

  /** @param key tells the object from others; the first description of it counts */
  describe(key: string, name: string, category: string | null): void {
    if (this.#objects.has(key)) return;
    if (this.#objects.size >= maxObjects) throw labelsWrong(`more than ${maxObjects} objects`);
    this.#objects.set(key, { name, category, masks: [], byFrame: new Map() });
  }

  /** A second mask of the same object and frame is another piece of it. */
  add(key: string, frameNumber: number | null, rle: MaskRle): void {
    if (!measureRle(rle).box) return;
    const object = this.#objects.get(key)!;
    const frame = frameNumber ?? 'none';
    const before = object.byFrame.get(frame);
    if (!before) object.byFrame.set(frame, rle);
    else if (before.width === rle.width && before.height === rle.height) {
      object.byFrame.set(frame, combineRle(before, rle, 'union'));
    } else this.leftOut++;
  }

  end(): ReadLabels {
    const objects = [...this.#objects.values()].map(({ name, category, byFrame }) => ({
      name,
      category,
      masks: [...byFrame].map(([frame, rle]) => ({ frameNumber: frame === 'none' ? null : Number(frame), rle })),
    }));
    return { objects: objects.filter(({ masks }) => masks.length > 0), leftOut: this.leftOut };
  }
}
