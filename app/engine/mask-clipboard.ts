/** A mask that was copied, to be the prompt of another frame or object. */
import { MaskletError } from '../../workers/protocol/errors';
import type { MaskRle } from '../../workers/protocol/mask';
import { pictureSamples } from '../masks/picture-samples';
import { readLabels, type LabelPicture, type PictureSamples } from '../masks/read-labels';
import type { EngineContext } from './context';
import type { FrameMasks } from './frame-masks';

export class MaskClipboard {
  readonly #context: EngineContext;
  readonly #masks: FrameMasks;
  readonly #prompt: (mask: MaskRle) => Promise<void>;
  #copied: MaskRle | null = null;

  /** @param prompt makes a mask the prompt of the selected object on the frame shown */
  constructor(context: EngineContext, masks: FrameMasks, prompt: (mask: MaskRle) => Promise<void>) {
    this.#context = context;
    this.#masks = masks;
    this.#prompt = prompt;
  }

  /** Copies the selected object's mask of the frame shown. @returns false when it has none */
  async copy(): Promise<boolean> {
    const { view, playback } = this.#context.store.getState();
    await this.#masks.load(playback.shownFrame);
    const shown = this.#masks.known(playback.shownFrame).find(({ object }) => object === view.selectedObject);
    if (!shown) return false;
    this.#copied = shown.rle;
    return true;
  }

  /** @returns false when nothing of this video was copied */
  async paste(): Promise<boolean> {
    const { width, height } = this.#context.video();
    const mask = this.#copied;
    if (mask?.width !== width || mask.height !== height) return false;
    await this.#prompt(mask);
    return true;
  }

  /**
   * The objects that a picture of masks shows, whatever its size.
   * @throws `invalid-argument` when it is no picture, shows no object or is no picture of masks
   */
  async readPicture(file: Blob): Promise<LabelPicture> {
    try {
      const picture = readLabels(await samplesOf(file));
      if (!picture)
        throw refused(
          'This is a photograph, not a picture of masks: it has too many colours. Take one where every object has one colour.',
          'no-labels',
        );
      if (picture.labels.length === 0)
        throw refused(
          'This picture shows no object: all of its pixels are background. The mask stays as it was.',
          'empty-mask',
        );
      return picture;
    } catch (error) {
      this.#context.report('frame', error);
      throw error;
    }
  }
}

async function samplesOf(file: Blob): Promise<PictureSamples> {
  try {
    return await pictureSamples(file);
  } catch (error) {
    throw refused('This file is not a picture.', 'not-a-picture', error);
  }
}

function refused(
  sentence: string,
  reason: 'not-a-picture' | 'empty-mask' | 'no-labels',
  cause?: unknown,
): MaskletError {
  return new MaskletError('invalid-argument', sentence, { reason: [reason], cause });
}
