import { expect, it } from 'vitest';
import { encodeRle } from '../../workers/rle/rle';
import { fitLabels } from './fit-labels';

it('puts masks on the frames that have their numbers, at the size of the video', () => {
  const video = { sourceFrames: Int32Array.of(-1, 4, 9), width: 4, height: 2 };
  const whole = encodeRle([1, 0, 0, 0, 1, 0, 0, 0], 4, 2);
  const small = encodeRle([1, 0], 2, 1);
  const large = encodeRle(
    Array.from({ length: 32 }, (_, at) => (at === 0 ? 1 : 0)),
    8,
    4,
  );
  const { objects, report } = fitLabels(
    {
      objects: [
        {
          name: 'Car',
          category: 'car',
          masks: [
            { frameNumber: -1, rle: whole },
            { frameNumber: 9, rle: small },
            { frameNumber: 5, rle: whole },
          ],
        },
        {
          name: 'Dog',
          category: null,
          masks: [
            { frameNumber: null, rle: whole },
            // Nothing of it is left between the centres.
            { frameNumber: 9, rle: large },
          ],
        },
        { name: 'Gone', category: null, masks: [{ frameNumber: 100, rle: whole }] },
      ],
      leftOut: 2,
    },
    video,
    1,
  );
  expect(objects).toEqual([
    {
      name: 'Car',
      category: 'car',
      masks: [
        { frameIndex: 0, rle: whole },
        { frameIndex: 2, rle: encodeRle([1, 1, 0, 0, 1, 1, 0, 0], 4, 2) },
      ],
    },
    { name: 'Dog', category: null, masks: [{ frameIndex: 1, rle: whole }] },
  ]);
  expect(report).toEqual({ objects: 2, masks: 3, resized: 1, unfitted: 3, leftOut: 2 });
});
