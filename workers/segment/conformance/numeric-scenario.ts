/** A scenario with weights: the tracker over real graphs, compared with the reference evaluation by evaluation. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { MaskletError } from '../../protocol/errors';
import { resizePixels } from '../../resample/resize-pixels';
import { FeatureCache } from '../image-features/feature-cache';
import { normalize } from '../image-features/preprocess-frame';
import { resizeLogits } from '../masks/resize-logits';
import { decodeRle, encodeRle } from '../../rle/rle';
import { readSafetensors, tensorNumbers, type SafeTensor } from '../model-pack/safetensors';
import { defaultTrackerOptions, type TrackerOptions } from '../memory/tracker-options';
import type { FrameOutput } from '../tracker/frame-output';
import { MemoryBudget } from '../tracker/memory-budget';
import { Tracker } from '../tracker/tracker';
import { difference } from './graph-cases';
import type { NodeModel } from './node-model';
import { ScenarioObjects, type ForgettingAction, type PointsAction, type PropagateAction } from './scenario-objects';

type Action = PointsAction | PropagateAction | ForgettingAction | { do: 'mask'; frame: number; obj: number; mask_png: string };

type Event = {
  id: number;
  phase: 'prompt' | 'track' | 'encode';
  obj: number;
  frame: number;
  token?: number;
  mask_prompt?: boolean;
  iou?: number;
  score?: number;
  mask_png?: string;
};

export type NumericScenario = {
  name: string;
  version: string;
  clip: string;
  num_frames: number;
  video_size: [number, number];
  model_size: number;
  options: Record<string, boolean | number>;
  actions: Action[];
  /** `events` are the ids of an action's evaluations, from the first to before the last; `error` is what the reference raised. */
  returns: { events: [number, number]; error?: string }[];
  events: Event[];
};

/**
 * With memories kept in float32, where the reference rounds them to bfloat16: a float64 run of the reference itself
 * without that rounding differs by 3e-3 of the logits' deviation, 1.5e-3 in pointers and 7 pixels.
 */
const tolerance = { logits: 5e-3, pointer: 3e-3, score: 1e-2, iou: 1e-3, pixels: 12 };

export type NumericResult = {
  evaluations: number;
  /** Largest differences; logits as a share of the scenario's standard deviation. */
  worst: { logits: number; pointer: number; score: number; iou: number; pixels: number };
  failures: string[];
};

export async function runNumericScenario(model: NodeModel, folder: string, scenario: NumericScenario): Promise<NumericResult> {
  const run = new NumericRun(model, folder, scenario);
  await run.start();
  for (const [n, action] of scenario.actions.entries()) await run.act(n, action);
  return run.result;
}

class NumericRun {
  readonly #model: NodeModel;
  readonly #folder: string;
  readonly #scenario: NumericScenario;
  readonly #golden: Map<string, SafeTensor>;
  readonly #tracker: Tracker;
  readonly #objects: ScenarioObjects;
  readonly #deviation: number;
  readonly result: NumericResult = {
    evaluations: 0,
    worst: { logits: 0, pointer: 0, score: 0, iou: 0, pixels: 0 },
    failures: [],
  };

  constructor(model: NodeModel, folder: string, scenario: NumericScenario) {
    this.#model = model;
    this.#folder = folder;
    this.#scenario = scenario;
    const file = join(folder, 'scenarios', scenario.version, `${scenario.name}.safetensors`);
    this.#golden = readSafetensors(new Uint8Array(readFileSync(file))).tensors;
    this.#tracker = new Tracker(scenario.num_frames);
    this.#objects = new ScenarioObjects(this.#tracker, scenario);
    this.#deviation = this.#logitDeviation();
  }

  async start(): Promise<void> {
    const { graphs, runtime } = this.#model;
    let version = 0;
    await this.#tracker.useModel(
      {
        graphs,
        tensors: runtime.tensors,
        features: new FeatureCache(async (frame) => ({ features: await graphs.encodeImage(this.#image(frame)), times: { decode: 0, preprocess: 0, imageEncoder: 0 } }), Infinity),
        memories: new MemoryBudget(Infinity),
        options: this.#options(),
        frameCount: this.#scenario.num_frames,
        nextVersion: () => version++,
        prefetch: () => undefined,
      },
      false,
    );
  }

  /** Does what an action says and compares what was evaluated for it. */
  async act(n: number, action: Action): Promise<void> {
    const { events: ids, error: expected } = this.#scenario.returns[n]!;
    const events = this.#scenario.events.filter(({ id, phase }) => id >= ids[0] && id < ids[1] && phase !== 'encode');
    const evaluations = this.result.evaluations;
    const failed = (what: string): number => this.result.failures.push(`action ${n} (${action.do}): ${what}`);
    try {
      await this.#perform(action, events);
      if (expected) failed(`no error instead of ${expected}`);
    } catch (error) {
      // What the tracker refuses has a code; anything else is a fault of ours.
      if (!expected || !(error instanceof MaskletError)) throw error;
    }
    const compared = this.result.evaluations - evaluations;
    if (compared !== events.length) failed(`${compared} evaluations instead of ${events.length}`);
  }

  async #perform(action: Action, events: readonly Event[]): Promise<void> {
    switch (action.do) {
      case 'points':
      case 'mask':
        return this.#prompt(action, events);
      case 'propagate':
        return this.#propagate(action, events);
      case 'clear':
      case 'remove':
      case 'reset':
        await this.#objects.forget(action);
    }
  }

  async #prompt(action: Action & { do: 'points' | 'mask' }, [event]: readonly Event[]): Promise<void> {
    const [width, height] = this.#scenario.video_size;
    this.#objects.ensure(action.obj);
    const prompts =
      action.do === 'mask'
        ? this.#objects.mask(encodeRle(this.#maskPng(action.mask_png), width, height))
        : this.#objects.points(action);
    const prompted = await this.#tracker.prompt(action.obj, action.frame, prompts);
    if (event && prompted) await this.#compare(event, prompted.output);
  }

  async #propagate(action: PropagateAction, events: readonly Event[]): Promise<void> {
    let passed = 0;
    const run = this.#tracker.track(this.#objects.request(action), new AbortController().signal);
    for await (const step of run) {
      for (const { object, mask } of step.masks) {
        const event = events.find(({ obj, frame }) => obj === object && frame === step.frameIndex);
        // Conditioning frames are passed, not evaluated.
        if (event) await this.#compare(event, mask as FrameOutput);
      }
      passed++;
      if (passed === action.stop_after) break;
    }
  }

  async #compare(event: Event, output: FrameOutput): Promise<void> {
    const { worst, failures } = this.result;
    this.result.evaluations++;
    const check = (what: keyof typeof tolerance, error: number): void => {
      worst[what] = Math.max(worst[what], error);
      if (!(error <= tolerance[what])) failures.push(`event ${event.id}: ${what} differ by ${error.toExponential(1)}`);
    };
    const key = `e${String(event.id).padStart(3, '0')}`;
    const low = tensorNumbers(this.#golden.get(`${key}.low`)!);
    check('logits', difference(output.maskLogits, low) / this.#deviation);
    const pointer = await this.#model.runtime.tensors.read(output.objectPointer);
    check('pointer', difference(pointer, tensorNumbers(this.#golden.get(`${key}.ptr`)!)));
    check('score', Math.abs(output.occlusionScore - event.score!));
    if (event.iou !== undefined) check('iou', Math.abs(output.predictedIou - event.iou));
    if (event.token !== undefined && !event.mask_prompt && output.token !== event.token) {
      failures.push(`event ${event.id}: token ${output.token} instead of ${event.token}`);
    }
    const [width, height] = this.#scenario.video_size;
    const side = Math.sqrt(output.maskLogits.length);
    const shown = decodeRle(resizeLogits(output.maskLogits, side, side, width, height).rle);
    const wanted = this.#maskPng(join('scenarios', this.#scenario.version, event.mask_png!));
    check('pixels', shown.reduce((sum, pixel, n) => sum + Math.abs(pixel - wanted[n]!), 0));
  }

  #options(): TrackerOptions {
    const { options, version } = this.#scenario;
    return {
      ...defaultTrackerOptions,
      maxConditioningFrames: options['max_cond_frames_in_attn'] as number,
      memoryStride: options['memory_temporal_stride_for_eval'] as number,
      correctionsCondition: options['add_all_frames_to_correct_as_cond'] as boolean,
      pointerTimes: version === '2.1',
      maxPoints: Infinity,
      previousMask: 'always',
      emptyBank: 'fail',
      fillHoleArea: 0,
    };
  }

  #image(frame: number): ReturnType<NodeModel['runtime']['tensors']['float']> {
    const file = join(this.#folder, 'clips', this.#scenario.clip, `${String(frame).padStart(5, '0')}.png`);
    const { width, height, data, channels } = decode(readFileSync(file));
    const pixels = new Uint8ClampedArray(width * height * 4);
    for (let n = 0; n < width * height; n++) {
      for (let c = 0; c < 3; c++) pixels[n * 4 + c] = data[n * channels + c]!;
    }
    const { manifest } = this.#model.graphs;
    const size = manifest.imageSize;
    const image = normalize(resizePixels({ data: pixels, width, height }, size), size, manifest);
    return this.#model.runtime.tensors.float(image, [1, 3, size, size]);
  }

  /** One byte a pixel, 0 or 1. */
  #maskPng(path: string): Uint8Array {
    const { width, height, data, depth, channels } = decode(readFileSync(join(this.#folder, path)));
    const pixels = new Uint8Array(width * height);
    const rowBytes = depth === 1 ? Math.ceil(width / 8) : width * channels;
    for (let n = 0; n < pixels.length; n++) {
      const x = n % width;
      const row = Math.floor(n / width) * rowBytes;
      pixels[n] = depth === 1 ? (data[row + (x >> 3)]! >> (7 - (x & 7))) & 1 : data[row + x * channels]! > 0 ? 1 : 0;
    }
    return pixels;
  }

  #logitDeviation(): number {
    const present = [...this.#golden]
      .filter(([name]) => name.endsWith('.low'))
      .flatMap(([, tensor]) => Array.from(tensorNumbers(tensor)))
      // An absent object's logits are a constant that would hide all others.
      .filter((logit) => logit > -1000);
    const mean = present.reduce((sum, logit) => sum + logit, 0) / present.length;
    return Math.sqrt(present.reduce((sum, logit) => sum + (logit - mean) ** 2, 0) / present.length);
  }
}
