/** A mask that was copied, to be the prompt of another frame or object. */
import { MaskletError } from '../../workers/protocol/errors';
import type { MaskRle } from '../../workers/protocol/mask';
import { maskFromPixels } from '../masks/edit-mask';
import type { EngineContext } from './context';
import type { FrameMasks } from './frame-masks';

/** Of 255: a pixel at least so bright, times its alpha, is inside. */
const insideFrom = 128;

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

  /** A picture of any size as a mask: what is bright is inside. @throws `invalid-argument` when it is none */
  async fromPicture(file: Blob): Promise<void> {
    const { width, height } = this.#context.video();
    let picture: ImageBitmap;
    try {
      picture = await createImageBitmap(file, { resizeWidth: width, resizeHeight: height, resizeQuality: 'pixelated' });
    } catch (error) {
      const failed = new MaskletError('invalid-argument', 'This file is not a picture.', {
        reason: ['not-a-picture'],
        cause: error,
      });
      this.#context.report('frame', failed);
      throw failed;
    }
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
    context.drawImage(picture, 0, 0);
    picture.close();
    const { data } = context.getImageData(0, 0, width, height);
    const isInside = (pixel: number) => {
      const at = pixel * 4;
      const brightness = Math.max(data[at]!, data[at + 1]!, data[at + 2]!);
      return (brightness * data[at + 3]!) / 255 >= insideFrom;
    };
    await this.#prompt(maskFromPixels({ width, height }, isInside));
  }
}
