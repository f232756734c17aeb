/** The masks that an export asks for, frame by frame, the next frame asked for while this one is written. */
import type { ExportRequest } from '../protocol/export-contract';
import type { MaskResult } from '../protocol/mask';
import type { FrameOfMasks } from './format';

/**
 * Masks that have gone since the request was made are left out.
 * @param masksOf all masks of a frame
 * @param onDone called with the number of masks asked for so far
 */
export async function* framesOfMasks(
  { objects }: ExportRequest,
  masksOf: (frameIndex: number) => Promise<MaskResult[]>,
  onDone: (done: number) => void,
): AsyncGenerator<FrameOfMasks> {
  const wanted = objects.map((object) => ({ object, frames: new Set(object.frames) }));
  const frames = [...new Set(objects.flatMap((object) => object.frames))].sort((a, b) => a - b);
  const ask = (n: number): Promise<MaskResult[]> | null => {
    const frameIndex = frames[n];
    if (frameIndex === undefined) return null;
    const asked = masksOf(frameIndex);
    // Whoever waits for it sees the failure; after another failure nobody may.
    asked.catch(() => undefined);
    return asked;
  };
  let done = 0;
  let next = ask(0);
  for (const [n, frameIndex] of frames.entries()) {
    const found = (await next) ?? [];
    next = ask(n + 1);
    const asked = wanted.filter((entry) => entry.frames.has(frameIndex));
    const masks = asked.flatMap(({ object }) => {
      const mask = found.find((one) => one.object === object.id);
      return mask ? [{ object, rle: mask.rle }] : [];
    });
    yield { frameIndex, masks };
    onDone((done += asked.length));
  }
}
