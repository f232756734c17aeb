import { expect, it } from 'vitest';
import { PictureCache } from './picture-cache';

it('keeps the pictures used last within its bytes, shares a read, and forgets failures', async () => {
  const reads: number[] = [];
  let isBroken = false;
  const cache = new PictureCache(async (frameIndex) => {
    reads.push(frameIndex);
    if (isBroken) throw new Error('damaged');
    return new Uint8ClampedArray(100).fill(frameIndex);
  }, 250);
  const [first, again] = await Promise.all([cache.get(1), cache.get(1)]);
  expect(first).toBe(again);
  expect((await cache.get(2))[0]).toBe(2);
  await cache.get(1);
  await cache.get(3);
  expect(cache.bytes).toBe(200);
  // 2 was used longest ago.
  await cache.get(1);
  await cache.get(3);
  expect(reads).toEqual([1, 2, 3]);
  await cache.get(2);
  expect(reads).toEqual([1, 2, 3, 2]);

  isBroken = true;
  await expect(cache.get(9)).rejects.toThrow('damaged');
  isBroken = false;
  expect((await cache.get(9))[0]).toBe(9);

  cache.clear();
  expect(cache.bytes).toBe(0);
  await cache.get(1);
  expect(reads.at(-1)).toBe(1);
});
