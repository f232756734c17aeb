import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import clips from '../../../e2e/media/clips.json';
import { animationDelays } from './animation-delays';
import { openSource } from './open-source';

const read = (name: string) => new Uint8Array(readFileSync(new URL(`../../../e2e/media/${name}`, import.meta.url)));
const never = new AbortController().signal;
const open = (bytes: Uint8Array<ArrayBuffer>) => openSource([{ path: 'x', file: new Blob([bytes]) }], {}, never);

describe('frames of an animation', () => {
  it.each(['moving.gif', 'moving.png'] as const)('of %s are those of ffprobe', async (name) => {
    const { frames, kind } = await open(read(name));
    expect(kind).toBe('animation');
    expect([...frames.timestampsUs]).toEqual(clips[name].timestampsUs);
  });

  it('of a WebP are 24, of 40 ms', async () => {
    expect(animationDelays(read('moving.webp'))).toEqual({ kind: 'webp', delaysMs: Array(24).fill(40) });
  });

  it.each(['moving.gif', 'moving.png', 'moving.webp'])('of %s are left out where the file is cut short', (name) => {
    const whole = read(name);
    const all = animationDelays(whole)!.delaysMs;
    const half = animationDelays(whole.subarray(0, whole.length / 2))!.delaysMs;
    expect(half.length).toBeGreaterThan(4);
    expect(half.length).toBeLessThan(24);
    expect(half).toEqual(all.slice(0, half.length));
    expect(animationDelays(whole.subarray(0, 60))?.delaysMs ?? []).toEqual([]);
  });

  it('that say they last no time last a tenth of a second', () => {
    const gif = read('moving.gif');
    const control = Buffer.from(gif).indexOf(Buffer.from([0x21, 0xf9, 4]));
    gif.fill(0, control + 4, control + 6);
    expect(animationDelays(gif)!.delaysMs[0]).toBe(100);
  });

  it('of damaged files never hang, and their times are numbers', { timeout: 60_000 }, () => {
    const sources = ['moving.gif', 'moving.png', 'moving.webp'].map(read);
    const place = fc.noBias(fc.integer({ min: 0, max: 9999 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...sources),
        fc.array(fc.tuple(place, fc.nat(255))),
        place,
        (source, bytes, length) => {
          const damaged = source.slice(0, Math.ceil((length * source.length) / 9999));
          for (const [at, value] of bytes) damaged[Math.floor((at * source.length) / 10_000)] = value;
          const delays = animationDelays(damaged)?.delaysMs ?? [];
          expect(delays.every((delay) => delay > 0 && Number.isFinite(delay))).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

it('a picture that does not move is a video of one frame', async () => {
  // The signature is enough: it is decoded when it is shown.
  const png = await open(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a));
  expect(png).toMatchObject({ kind: 'pictures', codec: 'png', numbers: null });
  expect([...png.frames.timestampsUs]).toEqual([0]);
});
