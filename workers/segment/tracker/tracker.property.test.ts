import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MaskResult } from '../../protocol/mask';
import type { FramePrompts } from '../../protocol/prompt';
import type { AdoptedObject, TrackDirection, TrackRequest } from '../../protocol/segment-contract';
import { encodeRle, measureRle } from '../../rle/rle';
import { createHashingContext } from './hashing-graphs';
import { Tracker } from './tracker';

const frameCount = 9;
const objects = [1, 2, 3];

type Step =
  | { do: 'click'; object: number; frame: number; x: number; label: 0 | 1 }
  | { do: 'box'; object: number; frame: number }
  | { do: 'clear'; object: number; frame: number }
  | { do: 'track'; object: number | null; from: number | null; direction: TrackDirection; cancelAfter: number | null };

const frame = fc.integer({ min: 0, max: frameCount - 1 });
const object = fc.constantFrom(...objects);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('click' as const),
      object,
      frame,
      x: fc.integer({ min: 0, max: 9 }),
      label: fc.constantFrom(0 as const, 1 as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('box' as const), object, frame }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), object, frame }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('track' as const),
      object: fc.option(object),
      from: fc.option(frame),
      direction: fc.constantFrom<TrackDirection>('forward', 'backward', 'both'),
      cancelAfter: fc.option(fc.integer({ min: 1, max: frameCount })),
    }),
  },
);
const steps = fc.array(step, { minLength: 1, maxLength: 14 });

/** A tracker with three objects, on which steps are taken as the page would take them. */
class Session {
  readonly tracker = new Tracker(frameCount);
  readonly ledger;
  readonly #context;
  readonly #only: readonly number[];

  constructor(only: readonly number[] = objects, memoryLimit = Infinity) {
    const { context, ledger } = createHashingContext(frameCount, memoryLimit);
    this.#context = context;
    this.ledger = ledger;
    this.#only = only;
    for (const id of only) this.tracker.addObject(id);
  }

  async start(): Promise<this> {
    await this.tracker.useModel(this.#context, false);
    return this;
  }

  prompts(id: number, frameIndex: number): FramePrompts {
    return this.tracker.bank(id).prompts.get(frameIndex) ?? { points: [], box: null, mask: null };
  }

  /** @returns frames passed by a run */
  async take(taken: Step): Promise<number[]> {
    if (taken.do !== 'track') {
      if (!this.#only.includes(taken.object)) return [];
      const before = this.prompts(taken.object, taken.frame);
      await this.tracker.prompt(taken.object, taken.frame, after(taken, before));
      return [];
    }
    const asked = (taken.object === null ? this.#only : [taken.object]).filter(
      (id) => this.#only.includes(id) && this.tracker.bank(id).hasPrompts,
    );
    if (asked.length === 0) return [];
    const passed: number[] = [];
    const request = {
      objects: asked,
      direction: taken.direction,
      ...(taken.from === null ? {} : { from: taken.from }),
    };
    for await (const { frameIndex } of this.tracker.track(request, new AbortController().signal)) {
      passed.push(frameIndex);
      if (passed.length === taken.cancelAfter) break;
    }
    return passed;
  }

  /** Every mask of an object that is shown, as text. */
  masks(id: number): string[] {
    return Array.from({ length: frameCount }, (_, n) => this.tracker.mask(id, n)?.maskLogits.join(' ') ?? '');
  }
}

function after(taken: Exclude<Step, { do: 'track' }>, before: FramePrompts): FramePrompts {
  if (taken.do === 'clear') return { points: [], box: null, mask: null };
  if (taken.do === 'box') return { ...before, box: { x0Norm: 0.1, y0Norm: 0.1, x1Norm: 0.6, y1Norm: 0.7 } };
  return { ...before, points: [...before.points, { xNorm: taken.x / 10, yNorm: 0.5, label: taken.label }] };
}

describe('whatever a person does', () => {
  it('conditioning frames keep their masks through every run, and a bank stays consistent', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const session = await new Session().start();
        for (const taken of list) {
          const prompted = objects.map((id) =>
            [...session.tracker.bank(id).prompts.keys()].map((n) => [n, session.tracker.mask(id, n)?.version]),
          );
          await session.take(taken);
          for (const [n, id] of objects.entries()) {
            const bank = session.tracker.bank(id);
            for (const frameIndex of bank.conditioning.keys()) expect(bank.nonConditioning.has(frameIndex)).toBe(false);
            for (const frameIndex of bank.prompts.keys()) expect(bank.isConditioning(frameIndex)).toBe(true);
            if (taken.do !== 'track') continue;
            for (const [frameIndex, version] of prompted[n]!)
              expect(session.tracker.mask(id, frameIndex!)?.version).toBe(version);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('objects never influence each other', async () => {
    await fc.assert(
      fc.asyncProperty(steps, object, async (list, id) => {
        const all = await new Session().start();
        const alone = await new Session([id]).start();
        // A run that starts where some object is first prompted would start elsewhere alone: say where.
        for (const taken of list) {
          const fixed = taken.do === 'track' && taken.from === null ? { ...taken, from: 4 } : taken;
          // A cancelled run passes the same frames in both.
          await all.take(fixed);
          await alone.take(fixed);
        }
        expect(all.masks(id)).toEqual(alone.masks(id));
      }),
      { numRuns: 150 },
    );
  });

  it('a click that is taken back leaves what was there before it', async () => {
    await fc.assert(
      fc.asyncProperty(steps, object, frame, fc.integer({ min: 0, max: 9 }), async (list, id, frameIndex, x) => {
        const session = await new Session().start();
        for (const taken of list) await session.take(taken);
        const before = session.prompts(id, frameIndex);
        const masks = session.masks(id);
        const added = { ...before, points: [...before.points, { xNorm: x / 10, yNorm: 0.25, label: 1 as const }] };
        await session.tracker.prompt(id, frameIndex, added);
        await session.tracker.prompt(id, frameIndex, before);
        expect(session.masks(id)).toEqual(masks);
      }),
      { numRuns: 150 },
    );
  });

  it('forward and then backward covers every frame once', async () => {
    await fc.assert(
      fc.asyncProperty(frame, fc.option(frame), async (prompted, from) => {
        const session = await new Session([1]).start();
        await session.take({ do: 'click', object: 1, frame: prompted, x: 3, label: 1 });
        const passed = await session.take({ do: 'track', object: 1, from, direction: 'both', cancelAfter: null });
        expect(passed.toSorted((a, b) => a - b)).toEqual(Array.from({ length: frameCount }, (_, n) => n));
        expect(session.masks(1)).not.toContain('');
      }),
    );
  });

  it('a locked frame keeps its mask until it is let go', async () => {
    await fc.assert(
      fc.asyncProperty(steps, object, frame, async (list, id, frameIndex) => {
        const session = await new Session().start();
        const half = Math.ceil(list.length / 2);
        for (const taken of list.slice(0, half)) await session.take(taken);
        if (!session.tracker.bank(id).committed(frameIndex)) return;
        await session.tracker.setLocked(id, frameIndex, true);
        const { version } = session.tracker.mask(id, frameIndex)!;
        for (const taken of list.slice(half)) {
          // Its own prompts may change it; nothing else does.
          if (taken.do === 'track' || taken.object !== id || taken.frame !== frameIndex) await session.take(taken);
        }
        expect(session.tracker.mask(id, frameIndex)!.version).toBe(version);
      }),
      { numRuns: 150 },
    );
  });

  it('a snapshot brings everything back, whatever was done since, as often as asked', async () => {
    await fc.assert(
      fc.asyncProperty(steps, steps, steps, async (before, since, later) => {
        const session = await new Session().start();
        for (const taken of before) await session.take(taken);
        const masks = objects.map((id) => session.masks(id));
        const snapshot = await session.tracker.snapshot();
        for (const taken of since) await session.take(taken);
        await session.tracker.removeObject(2);
        const undone = await session.tracker.snapshot();
        const masksSince = [1, 3].map((id) => session.masks(id));
        // Seen without going back.
        const seen = (n: number) =>
          objects.map((id) => {
            const found = session.tracker.masksOfSnapshot(snapshot, n).find(({ object }) => object === id);
            return found?.mask.maskLogits.join(' ') ?? '';
          });
        for (let n = 0; n < frameCount; n++) expect(seen(n)).toEqual(masks.map((of) => of[n]));
        await session.tracker.restore(snapshot);
        expect(objects.map((id) => session.masks(id))).toEqual(masks);
        // What is done after an undo is what would have been done without the detour.
        const straight = await new Session().start();
        for (const taken of before) await straight.take(taken);
        for (const taken of later) {
          await session.take(taken);
          await straight.take(taken);
        }
        expect(objects.map((id) => session.masks(id))).toEqual(objects.map((id) => straight.masks(id)));
        await session.tracker.restore(undone);
        expect([1, 3].map((id) => session.masks(id))).toEqual(masksSince);
        await session.tracker.dropSnapshots([snapshot, undone]);
        for (const id of [1, 3]) await session.tracker.removeObject(id);
        expect(session.ledger.alive.size).toBe(new Set(session.ledger.encoded).size * 4);
      }),
      { numRuns: 100 },
    );
  });

  it('re-tracking stops where the masks agree again', async () => {
    const session = await new Session([1]).start();
    const forward: Step = { do: 'track', object: 1, from: null, direction: 'forward', cancelAfter: null };
    await session.take({ do: 'click', object: 1, frame: 0, x: 3, label: 1 });
    await session.take(forward);
    const retrack = async (): Promise<number[]> => {
      const passed: number[] = [];
      const request = { objects: [1], from: 0, stopWhenAgreed: { iou: 0.95, frames: 3 } };
      for await (const { frameIndex } of session.tracker.track(request, new AbortController().signal))
        passed.push(frameIndex);
      return passed;
    };
    // Nothing has changed: three frames show it.
    expect(await retrack()).toEqual([0, 1, 2]);
    // With hashing networks a changed prompt changes every mask after it.
    await session.take({ do: 'click', object: 1, frame: 0, x: 7, label: 0 });
    expect(await retrack()).toHaveLength(frameCount);
  });

  it('memories that were evicted and made again change nothing', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const roomy = await new Session().start();
        const tight = await new Session(objects, 2).start();
        for (const taken of list) {
          await roomy.take(taken);
          await tight.take(taken);
        }
        for (const id of objects) expect(tight.masks(id)).toEqual(roomy.masks(id));
      }),
      { numRuns: 100 },
    );
  });

  it('frees every tensor it made', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const session = await new Session().start();
        for (const taken of list) await session.take(taken);
        for (const id of objects) await session.tracker.removeObject(id);
        // The features of frames stay: they belong to the cache.
        expect(session.ledger.alive.size).toBe(new Set(session.ledger.encoded).size * 4);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a click on a painted mask', () => {
  const square = (from: number): FramePrompts['mask'] => ({
    width: 16,
    height: 16,
    counts: Uint32Array.of(from, 64, 192 - from),
  });
  const click = { points: [{ xNorm: 0.2, yNorm: 0.5, label: 1 as const }], box: null };
  const box = { x0Norm: 0.1, y0Norm: 0.1, x1Norm: 0.6, y1Norm: 0.7 };
  const maskAfter = async (...stated: FramePrompts[]) => {
    const session = await new Session([1]).start();
    for (const prompts of stated) await session.tracker.prompt(1, 2, structuredClone(prompts));
    return session.masks(1)[2]!;
  };
  const alone = (from: number): FramePrompts => ({ points: [], box: null, mask: square(from) });

  it('refines the mask: the decoder is fed what was painted, whichever way both come to be known', async () => {
    const refined = await maskAfter(alone(16), { ...click, mask: square(16) });
    expect(refined).not.toBe(await maskAfter(alone(16)));
    expect(refined).not.toBe(await maskAfter({ ...click, mask: null }));
    expect(refined).not.toBe(await maskAfter(alone(32), { ...click, mask: square(32) }));
    // Stated anew, as after a restart or with another model.
    expect(await maskAfter({ ...click, mask: square(16) })).toBe(refined);
    const boxed = await maskAfter(alone(16), { points: [], box, mask: square(16) });
    expect(boxed).not.toBe(await maskAfter({ points: [], box, mask: null }));
    expect(await maskAfter({ points: [], box, mask: square(16) })).toBe(boxed);
  });

  it('is taken back to what was painted, to the pixel, and followed by others', async () => {
    const painted = await maskAfter(alone(16));
    const one = { ...click, mask: square(16) };
    const two = { ...one, points: [...one.points, { xNorm: 0.7, yNorm: 0.5, label: 0 as const }] };
    expect(await maskAfter(alone(16), one, alone(16))).toBe(painted);
    const both = await maskAfter(alone(16), one, two);
    expect(both).not.toBe(await maskAfter(alone(16), one));
    expect(await maskAfter(alone(16), one, two, one)).toBe(await maskAfter(alone(16), one));
    // Painted over: the new mask alone.
    expect(await maskAfter(alone(16), one, alone(32))).toBe(await maskAfter(alone(32)));
  });
});

describe('objects that another page knew', () => {
  const noPrompts: FramePrompts = { points: [], box: null, mask: null };
  const clicked = (...xs: number[]): FramePrompts => ({
    ...noPrompts,
    points: xs.map((x) => ({ xNorm: x / 10, yNorm: 0.5, label: 1 as const })),
  });

  /** What a page would have kept of an object. */
  function kept({ tracker }: Session, object: number, locked: number[] = []): AdoptedObject {
    const masks = Array.from({ length: frameCount }, (_, n) => tracker.mask(object, n)).flatMap(
      (mask): MaskResult[] => {
        if (!mask) return [];
        const { frameIndex, maskLogits, promptMask, occlusionScore, predictedIou, origin, version } = mask;
        const side = Math.sqrt(maskLogits.length);
        const rle =
          promptMask ??
          encodeRle(
            [...maskLogits].map((logit) => (logit > 0 ? 1 : 0)),
            side,
            side,
          );
        const scores = { frameIndex, occlusionScore, predictedIou, origin, version };
        return [{ object, ...scores, rle, ...measureRle(rle), pieces: 1 }];
      },
    );
    const prompts = [...tracker.bank(object).prompts].map(([frameIndex, stated]) => ({ frameIndex, prompts: stated }));
    return structuredClone({ object, prompts, masks, locked });
  }

  const shown = ({ tracker }: Session, object: number) =>
    Array.from({ length: frameCount }, (_, n) => {
      const mask = tracker.mask(object, n);
      if (!mask) return null;
      const side = Math.sqrt(mask.maskLogits.length);
      const inside = [...mask.maskLogits].map((logit) => (logit > 0 ? 1 : 0));
      return [...(mask.promptMask ?? encodeRle(inside, side, side)).counts].join();
    });

  async function adopted(objects: AdoptedObject[]): Promise<Session> {
    const session = new Session([]);
    for (const one of objects) session.tracker.adopt(one);
    return session.start();
  }

  const trackAll = async ({ tracker }: Session, request: TrackRequest = {}) => {
    for await (const _ of tracker.track(request, new AbortController().signal)) void _;
  };

  it('look as they did, whatever was done to them, and prompted frames keep their masks through a run', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const before = await new Session().start();
        for (const taken of list) await before.take(taken);
        const after = await adopted(objects.map((id) => kept(before, id)));
        for (const id of objects) expect(shown(after, id)).toEqual(shown(before, id));
        const prompted = objects.filter((id) => before.tracker.bank(id).prompts.size > 0);
        if (prompted.length === 0) return;
        await trackAll(after, { objects: prompted, direction: 'both' });
        for (const id of prompted) {
          for (const frameIndex of before.tracker.bank(id).prompts.keys()) {
            expect(shown(after, id)[frameIndex]).toBe(shown(before, id)[frameIndex]);
            expect(after.tracker.mask(id, frameIndex)!.version).toBe(before.tracker.mask(id, frameIndex)!.version);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('are tracked on from their prompts as if nothing had happened', async () => {
    const before = await new Session([1]).start();
    await before.tracker.prompt(1, 2, clicked(3));
    await trackAll(before, { to: 5 });
    const after = await adopted([kept(before, 1)]);
    await trackAll(after);
    const whole = await new Session([1]).start();
    await whole.tracker.prompt(1, 2, clicked(3));
    await trackAll(whole);
    expect(shown(after, 1)).toEqual(shown(whole, 1));
  });

  it('condition by the mask that was chosen, and clicks refine it', async () => {
    const before = await new Session([1]).start();
    await before.tracker.prompt(1, 2, clicked(3));
    const one = kept(before, 1);
    const chosen = encodeRle(
      Array.from({ length: 16 }, (_, n) => (n < 5 ? 1 : 0)),
      4,
      4,
    );
    const other = { ...one, masks: [{ ...one.masks[0]!, rle: chosen }] };
    const after = await adopted([other]);
    await trackAll(after);
    expect(shown(after, 1)[2]).toBe([...chosen.counts].join());
    // The prompts are those of before, so that one more click builds upon what is seen.
    await after.tracker.prompt(1, 2, clicked(3, 6));
    const refined = shown(after, 1)[2];
    await after.tracker.prompt(1, 2, clicked(3));
    expect(shown(after, 1)[2]).toBe([...chosen.counts].join());
    const plain = await new Session([1]).start();
    await plain.tracker.prompt(1, 2, clicked(3));
    await plain.tracker.prompt(1, 2, clicked(3, 6));
    expect(refined).not.toBe(shown(plain, 1)[2]);
  });

  it('keep their locked frames, which can be let go again at any time', async () => {
    const before = await new Session([1]).start();
    await before.tracker.prompt(1, 2, clicked(3));
    await trackAll(before);
    const after = await adopted([kept(before, 1, [4, 6])]);
    await after.tracker.setLocked(1, 6, false);
    await after.tracker.setLocked(1, 7, true);
    // Another click: the locked frames are told to the model, and wait for a run.
    await after.tracker.prompt(1, 2, clicked(3, 8));
    await after.tracker.setLocked(1, 7, false);
    await trackAll(after);
    const now = shown(after, 1);
    expect(now[4]).toBe(shown(before, 1)[4]);
    expect(after.tracker.mask(1, 4)).toMatchObject({ origin: 'track' });
    for (const frameIndex of [6, 7]) expect(now[frameIndex]).not.toBe(shown(before, 1)[frameIndex]);
    await after.tracker.setLocked(1, 4, false);
    await trackAll(after);
    expect(shown(after, 1)[4]).not.toBe(now[4]);
    await expect(after.tracker.setLocked(1, 2, true)).resolves.toBeUndefined();
  });
});
