/** A scenario with weights: the tracker over real graphs, compared with the reference evaluation by evaluation. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import type { FramePrompts } from '../../protocol/prompt';
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

type Action =
  | { do: 'points'; frame: number; obj: number; points?: [number, number][]; labels?: (0 | 1)[]; box?: [number, number, number, number]; clear_old?: boolean }
  | { do: 'mask'; frame: number; obj: number; mask_png: string }
  | { do: 'propagate'; start: number | null; max: number | null; reverse: boolean; stop_after?: number };

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
  returns: { events: [number, number] }[];
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
  for (const [n, action] of scenario.actions.entries()) await run.act(action, scenario.returns[n]!.events);
  return run.result;
}

class NumericRun {
  readonly #model: NodeModel;
  readonly #folder: string;
  readonly #scenario: NumericScenario;
  readonly #golden: Map<string, SafeTensor>;
  readonly #tracker: Tracker;
  readonly #objects: number[] = [];
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

  async act(action: Action, [first, end]: [number, number]): Promise<void> {
    const events = this.#scenario.events.filter(({ id, phase }) => id >= first && id < end && phase !== 'encode');
    if (action.do !== 'propagate') {
      if (!this.#objects.includes(action.obj)) {
        this.#tracker.addObject(action.obj);
        this.#objects.push(action.obj);
      }
      const prompted = await this.#tracker.prompt(action.obj, action.frame, this.#prompts(action));
      await this.#compare(events[0]!, prompted!.output);
      return;
    }
    const last = this.#scenario.num_frames - 1;
    const reach = action.max ?? this.#scenario.num_frames;
    const { start, reverse } = action;
    const range = start === null ? {} : { from: start, to: reverse ? Math.max(start - reach, 0) : Math.min(start + reach, last) };
    const direction = reverse ? ('backward' as const) : ('forward' as const);
    let passed = 0;
    for await (const step of this.#tracker.track({ objects: this.#objects, ...range, direction }, new AbortController().signal)) {
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

  #prompts(action: Action & { do: 'points' | 'mask' }): FramePrompts {
    const [width, height] = this.#scenario.video_size;
    if (action.do === 'mask') {
      return { points: [], box: null, mask: encodeRle(this.#maskPng(action.mask_png), width, height) };
    }
    const points = (action.points ?? []).map(([x, y], n) => ({ xNorm: x / width, yNorm: y / height, label: action.labels![n]! }));
    const [x0, y0, x1, y1] = action.box ?? [0, 0, 0, 0];
    const box = action.box ? { x0Norm: x0 / width, y0Norm: y0 / height, x1Norm: x1 / width, y1Norm: y1 / height } : null;
    const before = action.clear_old === false ? this.#tracker.bank(action.obj).prompts.get(action.frame) : undefined;
    if (!before || before.mask) return { points, box, mask: null };
    return { points: [...before.points, ...points], box: box ?? before.box, mask: null };
  }

  #options(): TrackerOptions {
    const { options, version } = this.#scenario;
    return {
      ...defaultTrackerOptions,
      maxConditioningFrames: options['max_cond_frames_in_attn'] as number,
      memoryStride: options['memory_temporal_stride_for_eval'] as number,
      correctionsCondition: options['add_all_frames_to_correct_as_cond'] as boolean,
      pointerTimes: version === '2.1',
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
