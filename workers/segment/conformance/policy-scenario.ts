/**
 * Runs a policy scenario of the conformance suite through the tracker with fake networks, and writes down what was fed
 * to them in the suite's own terms. Format and rules: conformance/README.md.
 */
import type { MaskRle } from '../../protocol/mask';
import type { FramePrompts } from '../../protocol/prompt';
import type { Graphs } from '../graphs/graphs';
import type { ImageFeatures } from '../graphs/image-encoder';
import { selectBestOfThree } from '../graphs/mask-decoder';
import { FeatureCache } from '../image-features/feature-cache';
import { encodeRle } from '../../rle/rle';
import { defaultTrackerOptions, type TrackerOptions } from '../memory/tracker-options';
import { pointerTimeNormalizer, type SelectedPointer } from '../memory/object-pointers';
import type { SelectedMemory } from '../memory/select-memories';
import type { Manifest } from '../model-pack/manifest';
import { previousMaskInput } from '../prompts/prompt-tensors';
import type { Tensor } from '../runtime/ort';
import type { TensorMemory } from '../runtime/tensor-memory';
import type { FrameOutput } from '../tracker/frame-output';
import { MemoryBudget } from '../tracker/memory-budget';
import { encodeMemory, type TrackContext } from '../tracker/track-frame';
import { Tracker } from '../tracker/tracker';
import { ScenarioObjects, type Box, type ForgettingAction, type PointsAction, type PropagateAction } from './scenario-objects';

export type ScenarioAction =
  | PointsAction
  | PropagateAction
  | ForgettingAction
  | { do: 'mask'; frame: number; obj: number; rect: Box | null };

export type Scenario = {
  name: string;
  num_frames: number;
  video_size: [number, number];
  model_size: number;
  absent?: [number, number][];
  /** Recorded with a method that the reference calls but does not have supplied at run time. */
  reference_patched?: boolean;
  options: Record<string, boolean | number | string>;
  actions: ScenarioAction[];
  expected: { events: ScenarioEvent[]; returns: Record<string, unknown>; state: Record<string, unknown> }[];
};

export type ScenarioEvent = { id: number; phase: 'prompt' | 'track' | 'encode'; obj: number; frame: number } & Record<
  string,
  unknown
>;

/** A tensor that only knows which event made it, and of what. */
type FakeTensor = {
  eventId: number;
  data?: Float32Array;
  attended?: { mem: unknown[]; ptr: unknown[] }[];
  kind?: string;
  frame?: number;
};

const fake = (tensor: FakeTensor): Tensor => ({ ...tensor, dims: [1], dispose: () => undefined }) as unknown as Tensor;
const real = (tensor: Tensor): FakeTensor => tensor as unknown as FakeTensor;
const eventOf = (output: FrameOutput): number => real(output.objectPointer).eventId;

function scenarioOptions(options: Scenario['options']): TrackerOptions {
  return {
    ...defaultTrackerOptions,
    numSpatialMemories: options['num_maskmem'] as number,
    maxConditioningFrames: options['max_cond_frames_in_attn'] as number,
    memoryStride: options['memory_temporal_stride_for_eval'] as number,
    maxObjectPointers: options['max_obj_ptrs_in_encoder'] as number,
    multimask: options['multimask_output_in_sam'] as boolean,
    multimaskMinPoints: options['multimask_min_pt_num'] as number,
    multimaskMaxPoints: options['multimask_max_pt_num'] as number,
    multimaskForTracking: options['multimask_output_for_tracking'] as boolean,
    binarizePromptedMasks: options['binarize_mask_from_pts_for_mem_enc'] as boolean,
    onlyPastPointers: options['only_obj_ptrs_in_the_past_for_eval'] as boolean,
    pointerTimes: options['version'] === '2.1',
    correctionsCondition: options['add_all_frames_to_correct_as_cond'] as boolean,
    forgetAroundConditioning: options['clear_non_cond_mem_around_input'] as boolean,
    maxPoints: Infinity,
    previousMask: 'always',
    emptyBank: 'fail',
      fillHoleArea: 0,
  };
}

/** What one action did, to be compared with the scenario's `expected` entry. */
export type ActionRecord = {
  events: ScenarioEvent[];
  /** Per object: the event whose mask is shown on the prompted or cleared frame. */
  masksFrom: (number | null)[] | null;
  yields: [number, number[]][] | null;
  error: string | null;
  state: Record<string, unknown>;
};

export class ScenarioRun {
  readonly #scenario: Scenario;
  readonly #options: TrackerOptions;
  readonly #tracker: Tracker;
  readonly #objects: ScenarioObjects;
  #events: ScenarioEvent[] = [];
  #logits = new Map<number, Float32Array>();
  #prompted: { obj: number; prompts: FramePrompts } | null = null;
  #promptFrames = new Map<string, 'point' | 'mask'>();
  #nextEvent = 0;
  #trackContext: TrackContext | null = null;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#options = scenarioOptions(scenario.options);
    this.#tracker = new Tracker(scenario.num_frames);
    this.#objects = new ScenarioObjects(this.#tracker, scenario);
  }

  async run(): Promise<ActionRecord[]> {
    this.#trackContext = this.#context();
    await this.#tracker.useModel(this.#trackContext, false);
    const records: ActionRecord[] = [];
    for (const action of this.#scenario.actions) records.push(await this.#act(action));
    return records;
  }

  async #act(action: ScenarioAction): Promise<ActionRecord> {
    this.#events = [];
    const record: ActionRecord = { events: [], masksFrom: null, yields: null, error: null, state: {} };
    try {
      switch (action.do) {
        case 'points':
        case 'mask':
          record.masksFrom = await this.#prompt(action);
          break;
        case 'propagate':
          record.yields = await this.#propagate(action);
          break;
        case 'clear':
          await this.#forget(action);
          record.masksFrom = this.#shown(action.frame);
          break;
        case 'remove':
        case 'reset':
          await this.#forget(action);
          break;
      }
    } catch (error) {
      record.error = error instanceof Error ? error.message : String(error);
    }
    record.events = this.#events;
    for (const obj of this.#objects.ids) record.state[obj] = this.#state(obj);
    return record;
  }

  async #forget(action: ForgettingAction): Promise<void> {
    const gone = await this.#objects.forget(action);
    if (action.do === 'clear') this.#promptFrames.delete(`${action.obj}/${action.frame}`);
    for (const key of this.#promptFrames.keys()) {
      if (gone.some((obj) => key.startsWith(`${obj}/`))) this.#promptFrames.delete(key);
    }
  }

  async #prompt(action: ScenarioAction & { do: 'points' | 'mask' }): Promise<(number | null)[]> {
    const { obj, frame } = action;
    this.#objects.ensure(obj);
    const prompts = action.do === 'mask' ? this.#objects.mask(this.#rectangle(action.rect)) : this.#objects.points(action);
    this.#prompted = { obj, prompts };
    await this.#tracker.prompt(obj, frame, prompts);
    this.#prompted = null;
    this.#promptFrames.set(`${obj}/${frame}`, action.do === 'mask' ? 'mask' : 'point');
    return this.#shown(frame);
  }

  #rectangle(rect: Box | null): MaskRle {
    const [width, height] = this.#scenario.video_size;
    const pixels = new Uint8Array(width * height);
    const [x0, y0, x1, y1] = rect ?? [0, 0, 0, 0];
    for (let y = y0; y < y1; y++) pixels.fill(1, y * width + x0, y * width + x1);
    return encodeRle(pixels, width, height);
  }

  async #propagate(action: PropagateAction): Promise<[number, number[]][]> {
    const request = this.#objects.request(action);
    if (this.#options.forgetAroundConditioning && !this.#scenario.reference_patched) await this.#failAsTheReference();
    const yields: [number, number[]][] = [];
    const run = this.#tracker.track(request, new AbortController().signal);
    for await (const step of run) {
      yields.push([step.frameIndex, step.masks.map(({ mask }) => eventOf(mask as FrameOutput))]);
      if (yields.length === action.stop_after) break;
    }
    return yields;
  }

  /**
   * With `clear_non_cond_mem_around_input` the reference calls a method that it lacks, right after it has moved the
   * first staged frame. The tracker does what was meant; files recorded with the defect are met here.
   */
  async #failAsTheReference(): Promise<void> {
    for (const obj of this.#objects.ids) {
      const bank = this.#tracker.bank(obj);
      for (const [staged, target] of [
        [bank.stagedNonConditioning, bank.nonConditioning],
        [bank.stagedConditioning, bank.conditioning],
      ] as const) {
        for (const [frame, output] of staged) {
          await encodeMemory(this.#trackContext!, output);
          target.set(frame, output);
          throw new Error('AttributeError: _clear_obj_non_cond_mem_around_input');
        }
      }
    }
  }

  #shown(frame: number): (number | null)[] {
    return this.#objects.ids.map((obj) => {
      const output = this.#tracker.mask(obj, frame) as FrameOutput | null;
      return output && eventOf(output);
    });
  }

  #state(obj: number): unknown {
    const bank = this.#tracker.bank(obj);
    const list = (outputs: Map<number, FrameOutput>): unknown[] =>
      [...outputs].map(([frame, output]) => [
        frame,
        eventOf(output),
        output.spatialMemory ? real(output.spatialMemory).eventId : null,
      ]);
    const byFrame = (a: unknown, b: unknown): number => (a as [number])[0] - (b as [number])[0];
    const promptFrames = (kind: string): number[] =>
      [...this.#promptFrames]
        .filter(([key, value]) => value === kind && key.startsWith(`${obj}/`))
        .map(([key]) => Number(key.split('/')[1]))
        .sort((a, b) => a - b);
    return {
      cond: list(bank.conditioning),
      non_cond: list(bank.nonConditioning).sort(byFrame),
      staged_cond: list(bank.stagedConditioning),
      staged_non_cond: list(bank.stagedNonConditioning),
      tracked: [...bank.tracked].sort(byFrame),
      point_frames: promptFrames('point'),
      mask_frames: promptFrames('mask'),
    };
  }

  #context(): TrackContext {
    let version = 0;
    return {
      graphs: this.#graphs(),
      tensors: this.#tensors(),
      features: new FeatureCache(
        async (frame) => ({ features: fakeFeatures(frame), times: { decode: 0, preprocess: 0, imageEncoder: 0 } }),
        Infinity,
      ),
      memories: new MemoryBudget(Infinity),
      options: this.#options,
      frameCount: this.#scenario.num_frames,
      nextVersion: () => version++,
      prefetch: () => undefined,
    };
  }

  #tensors(): TensorMemory {
    const unused = (): never => {
      throw new Error('Fake networks need no such tensor');
    };
    return {
      float: (data) => fake({ eventId: -1, data }),
      int: unused,
      adopt: unused,
      stack: unused,
      unstack: unused,
      read: async (tensor) => real(tensor).data!,
    };
  }

  #isAbsent(obj: number, frame: number): boolean {
    return this.#scenario.absent?.some(([o, f]) => o === obj && f === frame) ?? false;
  }

  #eventNumbered(id: number, events: readonly ScenarioEvent[]): ScenarioEvent | undefined {
    return events.find((event) => event.id === id);
  }

  readonly #all: ScenarioEvent[] = [];

  #record(event: Omit<ScenarioEvent, 'id'>): ScenarioEvent {
    const recorded = { id: this.#nextEvent++, ...event } as ScenarioEvent;
    this.#events.push(recorded);
    this.#all.push(recorded);
    return recorded;
  }

  #graphs(): Graphs {
    const { model_size: size } = this.#scenario;
    const side = size / 4;
    const manifest = {
      imageSize: size,
      maskDownsample: { weight: Array.from({ length: 16 }, (_, n) => n / 64), bias: 0.5 },
      tracker: { singleClick: 'best-of-three' },
    } as Manifest;
    return {
      manifest,
      encodeImage: () => Promise.reject(new Error('Fake features come from the cache')),
      release: async () => undefined,
      attendMemory: async (_, slots) =>
        fake({
          eventId: -1,
          kind: 'memory',
          attended: slots.map(({ memories, pointers }) => {
            if (memories.length === 0) throw new Error('AssertionError: no memory to attend to');
            return {
              mem: (memories as SelectedMemory<FrameOutput>[]).map(({ frameIndex, kind, row, output }) => [
                frameIndex,
                { conditioning: 'c', 'non-conditioning': 'n', 'passed over': 'u' }[kind],
                row,
                real(output.spatialMemory!).eventId,
                eventOf(output),
              ]),
              ptr: (pointers as SelectedPointer<FrameOutput>[]).map(({ frameIndex, distance, output }) => [
                frameIndex,
                distance,
                eventOf(output),
              ]),
            };
          }),
        }),
      decodeMasks: async (features, conditioned, slots) =>
        slots.map((slot, b) => {
          const { kind, attended } = real(conditioned);
          const frame = real(features.stride16).frame!;
          const context = attended?.[b];
          // A tracked slot is known by the object whose memories it attends to.
          const madeBy = context && this.#eventNumbered((context.mem[0] as number[])[4]!, this.#all)!;
          const obj = this.#prompted?.obj ?? madeBy!.obj;
          const isAbsent = this.#isAbsent(obj, frame);
          const isMaskPrompt = Boolean(this.#prompted?.prompts.mask);
          const { id } = this.#record({
            phase: this.#prompted ? 'prompt' : 'track',
            obj,
            frame,
            features: kind,
            ...(context && { mem: context.mem.map((memory) => (memory as unknown[]).slice(0, 4)), ptr: context.ptr }),
            ...(context &&
              context.ptr.length > 0 && {
                ptr_norm: this.#options.pointerTimes
                  ? pointerTimeNormalizer(this.#scenario.num_frames, this.#options)
                  : null,
              }),
            points: isMaskPrompt ? null : pairs(slot.points),
            labels: isMaskPrompt ? null : slot.labels,
            mask_in: slot.maskInput && (isMaskPrompt ? 'mask_downsample' : 'prev'),
            prev_event: slot.maskInput && !isMaskPrompt ? this.#sourceOf(slot.maskInput, obj, frame) : undefined,
            multimask: slot.selection === selectBestOfThree,
            mask_prompt: isMaskPrompt,
            isPresent: slot.isPresent,
            decoderPresent: !isAbsent,
          });
          const logits = new Float32Array(side * side).fill(-20);
          // The event's number, in digits that survive the clamping of logits that are fed back.
          for (let digit = 0, rest = id; digit < 4; digit++, rest = Math.floor(rest / 30)) logits[digit] = rest % 30;
          this.#logits.set(id, logits);
          return {
            maskLogits: fake({ eventId: id, data: logits }),
            occlusionScore: fake({ eventId: id, data: Float32Array.of(isAbsent ? -5 : 5) }),
            objectPointer: fake({ eventId: id }),
            predictedIou: 0.5,
            score: isAbsent ? -5 : 5,
            token: 0,
            stability: 1,
            candidateIous: new Float32Array(4),
            candidateLogits: fake({ eventId: id, data: new Float32Array(side * side * 4) }),
          };
        }),
      encodeMemory: async (features, slots) =>
        slots.map(({ maskLogits, occlusionScore, isBinarized }) => {
          const frame = real(features.stride16).frame!;
          const score = real(occlusionScore).data![0]!;
          const track = real(maskLogits).eventId;
          const details = { binarize: isBinarized, no_obj_embed: score <= 0 && this.#options.pointerTimes };
          if (track >= 0) {
            Object.assign(this.#eventNumbered(track, this.#events)!, details);
            return fake({ eventId: track });
          }
          const data = real(maskLogits).data!;
          const of = this.#outputWith(data, frame);
          const { id } = this.#record({
            phase: 'encode',
            obj: this.#eventNumbered(of, this.#all)!.obj,
            frame,
            of,
            ...details,
          });
          return fake({ eventId: id });
        }),
    };
  }

  /** The event whose logits were fed back, clamped. */
  #sourceOf(maskInput: Float32Array, obj: number, frame: number): number {
    const output = this.#tracker.mask(obj, frame) as FrameOutput | null;
    const bank = this.#tracker.bank(obj);
    const outputs = [
      output,
      bank.committed(frame),
      bank.stagedNonConditioning.get(frame),
      bank.stagedConditioning.get(frame),
    ];
    const source = outputs.find(
      (candidate) => candidate && isEqual(previousMaskInput(candidate.maskLogits), maskInput),
    );
    return source ? eventOf(source) : -1;
  }

  /** The output that holds this very array of logits. */
  #outputWith(logits: Float32Array, frame: number): number {
    for (const obj of this.#objects.ids) {
      const bank = this.#tracker.bank(obj);
      for (const outputs of [
        bank.stagedNonConditioning,
        bank.stagedConditioning,
        bank.nonConditioning,
        bank.conditioning,
      ]) {
        const output = outputs.get(frame);
        if (output?.maskLogits === logits) return eventOf(output);
      }
    }
    throw new Error('A memory was encoded from a mask that no object holds');
  }
}

function fakeFeatures(frame: number): ImageFeatures {
  const level = (kind: string): Tensor => fake({ eventId: -1, kind, frame });
  return { stride4: level('s0'), stride8: level('s1'), stride16: level('raw'), noMemory: level('no_mem_embed') };
}

function pairs(numbers: readonly number[]): number[][] {
  return Array.from({ length: numbers.length / 2 }, (_, n) => numbers.slice(n * 2, n * 2 + 2));
}

function isEqual(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, n) => value === b[n]);
}
