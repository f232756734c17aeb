/** What a person chose of a picture of masks becomes prompts: the picture's labels as one object, or as one each. */
import type { MaskRle } from '../../workers/protocol/mask';
import { maskFromPixels } from '../masks/edit-mask';
import type { LabelPicture } from '../masks/read-labels';
import type { Engine } from './engine';
import type { Place } from './frame-gestures';

/** All labels as one object, an object for each, or one label by its place in the list. */
export type LabelChoice = 'all' | 'each' | number;

/**
 * Of an object for each label the first is the object of `place`, or a new one where that is null. One step of the history.
 * @throws what `PromptCommands.change` throws
 */
export async function promptLabels(
  engine: Engine,
  picture: LabelPicture,
  choice: LabelChoice,
  { object, frameIndex }: Place,
): Promise<void> {
  const size = engine.context.video();
  const numbers = picture.labels.map((_, n) => n + 1);
  const masks =
    choice === 'each'
      ? numbers.map((number) => maskOf(picture, (label) => label === number, size))
      : [maskOf(picture, (label) => (choice === 'all' ? label > 0 : label === choice + 1), size)];
  const first = object;
  await engine.history.together('mask', { object: first, frameIndex }, () =>
    Promise.all(
      masks.map((mask, n) => {
        const id = n === 0 && first !== null ? first : engine.objects.add();
        return engine.prompts.change(id, frameIndex, () => ({ points: [], box: null, mask }));
      }),
    ),
  );
}

/** At the video's size: every pixel is the label of the picture's pixel at its centre. */
function maskOf(
  { width, height, labelOf }: LabelPicture,
  isInside: (label: number) => boolean,
  size: { width: number; height: number },
): MaskRle {
  return maskFromPixels(size, (at) => {
    const x = Math.floor((((at % size.width) + 0.5) * width) / size.width);
    const y = Math.floor(((Math.floor(at / size.width) + 0.5) * height) / size.height);
    return isInside(labelOf[y * width + x]!);
  });
}
