/**
 * Masks with the edges they are shown with: the model's, or guided by the picture. Nothing is kept in the tracker: refined
 * masks are made when they are asked for, so that the choice holds at once for all frames, and the last ones are kept.
 */
import type { ObjectId } from '../protocol/prompt';
import type { MaskEdges } from '../protocol/segment-contract';
import { guideEdges, stepsPerCell } from './masks/guided-edges';
import type { MaskLike } from './masks/mask-result';

type Shown = { object: ObjectId; mask: MaskLike };

/** What is needed to see a frame as the model does; null while there is no model. */
export type Pictures = { imageSize: number; picture(frameIndex: number): Promise<Uint8ClampedArray> } | null;

/** Of refined masks. */
const limitBytes = 32 * 2 ** 20;

export class ShownEdges {
  /** By the logits that they were made from; least recently used first. */
  readonly #refined = new Map<Float32Array, Float32Array>();
  #bytes = 0;

  /**
   * Adds the refined values where they are wanted and can be had. Masks that a person gave stay as they were given, and
   * those of a frame that cannot be read keep the model's edges.
   */
  async of(masks: readonly Shown[], edges: MaskEdges, pictures: Pictures): Promise<Shown[]> {
    if (edges === 'model' || !pictures) return [...masks];
    return Promise.all(
      masks.map(async ({ object, mask }) => {
        if (mask.promptMask) return { object, mask };
        const guided = await this.refine(mask.maskLogits, mask.frameIndex, pictures);
        return { object, mask: { ...mask, guided } };
      }),
    );
  }

  /** @returns null where the mask keeps the model's edges */
  async refine(
    logits: Float32Array,
    frameIndex: number,
    pictures: NonNullable<Pictures>,
  ): Promise<Float32Array | null> {
    const known = this.#refined.get(logits);
    if (known) {
      this.#refined.delete(logits);
      this.#refined.set(logits, known);
      return known;
    }
    // Masks of an absent object, and those that a model of another size left behind.
    const isOfThisSize = logits.length * stepsPerCell ** 2 === pictures.imageSize ** 2;
    if (!isOfThisSize || !logits.some((logit) => logit > 0)) return null;
    const picture = await pictures.picture(frameIndex).catch(() => null);
    if (!picture) return null;
    const guided = guideEdges(logits, picture);
    this.#keep(logits, guided);
    return guided;
  }

  #keep(logits: Float32Array, guided: Float32Array): void {
    if (this.#refined.has(logits)) return;
    this.#refined.set(logits, guided);
    this.#bytes += guided.byteLength;
    for (const [oldest, { byteLength }] of this.#refined) {
      if (this.#bytes <= limitBytes) return;
      this.#refined.delete(oldest);
      this.#bytes -= byteLength;
    }
  }
}
