import { describe, expect, it } from 'vitest';
import { encodeRle } from '../rle/rle';
import { maskResults, type MaskLike, type MaskView } from './masks/mask-result';
import { ShownEdges } from './shown-edges';

const grid = 16;
const imageSize = 64;
const view: MaskView = {
  width: imageSize,
  height: imageSize,
  fillHoleArea: 0,
  removeIslandArea: 0,
  nonOverlapping: true,
  own: new Map(),
};

/** A square of the picture, `from` to `to` a side; its logits are about half a cell wrong. */
function mask(from: number, to: number, changes: Partial<MaskLike> = {}): MaskLike {
  const maskLogits = new Float32Array(grid * grid).fill(-8);
  const near = (at: number): boolean => at >= Math.floor(from / 4) && at < Math.ceil(to / 4);
  for (let n = 0; n < maskLogits.length; n++) if (near(n % grid) && near(Math.floor(n / grid))) maskLogits[n] = 8;
  const summary = { frameIndex: 3, occlusionScore: 5, predictedIou: 0.9, origin: 'track', version: 1 } as const;
  return { ...summary, maskLogits, promptMask: null, ...changes };
}

/** Dark, with a bright square from 18 to 42. */
function picture(): Uint8ClampedArray {
  const pixels = new Uint8ClampedArray(imageSize * imageSize * 3).fill(30);
  for (let y = 18; y < 42; y++) pixels.fill(220, (y * imageSize + 18) * 3, (y * imageSize + 42) * 3);
  return pixels;
}

function source(read: () => Promise<Uint8ClampedArray> = async () => picture()) {
  const asked: number[] = [];
  return {
    asked,
    imageSize,
    picture: (frameIndex: number) => {
      asked.push(frameIndex);
      return read();
    },
  };
}

describe('ShownEdges', () => {
  it('follows the picture where it is asked to, reading each frame once', async () => {
    const edges = new ShownEdges();
    const pictures = source();
    const tracked = mask(18, 42);
    const before = tracked.maskLogits.slice();
    const shown = async (choice: 'model' | 'picture') =>
      maskResults(await edges.of([{ object: 1, mask: tracked }], choice, pictures), view)[0]!;
    const plain = await shown('model');
    expect(pictures.asked).toEqual([]);
    const guided = await shown('picture');
    await shown('picture');
    expect(pictures.asked).toEqual([3]);
    expect(guided.box).toEqual({ x0: 18, y0: 18, x1: 42, y1: 42 });
    expect(guided.area).toBe(24 * 24);
    expect(plain.area).not.toBe(24 * 24);
    // The tracker's own logits are as they were.
    expect(tracked.maskLogits).toEqual(before);
    expect(guided.pieces).toBe(1);
  });

  it('leaves what a person gave, what is absent, what has another size, and frames that cannot be read', async () => {
    const edges = new ShownEdges();
    const given = encodeRle(new Uint8Array(imageSize ** 2).fill(1), imageSize, imageSize);
    const masks = [
      { object: 1, mask: mask(18, 42, { promptMask: given }) },
      { object: 2, mask: mask(0, 0, { maskLogits: new Float32Array(grid * grid).fill(-1024) }) },
      { object: 3, mask: mask(18, 42, { maskLogits: new Float32Array(8 * 8).fill(2) }) },
    ];
    const pictures = source();
    const shown = await edges.of(masks, 'picture', pictures);
    expect(shown.map(({ mask: { guided } }) => guided ?? null)).toEqual([null, null, null]);
    expect(pictures.asked).toEqual([]);
    const unreadable = source(async () => Promise.reject(new Error('damaged')));
    const [kept] = await edges.of([{ object: 1, mask: mask(18, 42) }], 'picture', unreadable);
    expect(kept!.mask.guided).toBeNull();
    expect(await edges.of(masks, 'picture', null)).toEqual(masks);
  });

  it('decides overlaps by what is shown, a given mask’s logits on the same scale', async () => {
    const edges = new ShownEdges();
    const whole = encodeRle(new Uint8Array(imageSize ** 2).fill(1), imageSize, imageSize);
    const unsure = new Float32Array(grid * grid).fill(0.1);
    const masks = [
      { object: 1, mask: mask(18, 42) },
      { object: 2, mask: mask(0, 64, { promptMask: whole, maskLogits: unsure }) },
    ];
    const [square, rest] = maskResults(await edges.of(masks, 'picture', source()), view);
    // Raw logits of 0.1 would lose nothing to guided values below 0.5; on one scale the square has its place.
    expect(square!.area).toBeGreaterThan(22 * 22);
    expect(square!.area + rest!.area).toBe(imageSize ** 2);
  });
});
