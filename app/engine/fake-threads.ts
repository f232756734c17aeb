/** In-memory workers for the tests of the engine: the same calls over the same ports. */
import { MaskletError, type Failure } from '../../workers/protocol/errors';
import type { ExportApi, ExportRequest } from '../../workers/protocol/export-contract';
import type { MaskResult } from '../../workers/protocol/mask';
import type { MediaApi } from '../../workers/protocol/media-contract';
import type { Project, ProjectRecord, StoredMask } from '../../workers/protocol/project';
import type { FramePrompts, ObjectId } from '../../workers/protocol/prompt';
import { moving, serve } from '../../workers/protocol/rpc';
import {
  usualSettings,
  type LoadModelRequest,
  type SegmentApi,
  type TrackedFrame,
} from '../../workers/protocol/segment-contract';
import type { ReadLabels } from '../../workers/protocol/read-labels';
import type { StoreApi } from '../../workers/protocol/store-contract';
import type { VideoInfo } from '../../workers/protocol/video';
import { createAppStore } from '../state/store';
import type { Clock } from './context';
import { deferred } from './deferred';
import { Engine } from './engine';
import type { StartThread, ThreadName } from './threads';

const video: VideoInfo = {
  name: 'clip.mp4',
  width: 8,
  height: 4,
  frameCount: 10,
  timestampsUs: Float64Array.from({ length: 10 }, (_, n) => n * 40_000),
  durationUs: 400_000,
  sourceFrames: Uint32Array.from({ length: 10 }, (_, n) => n),
  sourceStartUs: 0,
  sourceFrameCount: 10,
  codec: 'avc1.64001f',
  sizeBytes: 1000,
  parts: [{ name: null, size: null, frameCount: null }],
  part: 0,
};

/** Holds calls up until they are let through, in order. */
class Gate {
  isOpen = true;
  readonly #waiting: (() => void)[] = [];

  async pass(): Promise<void> {
    if (!this.isOpen) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  letThrough(): void {
    this.#waiting.shift()?.();
  }

  open(): void {
    this.isOpen = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** A thing with `close()` that can be moved between threads in Node, as a VideoFrame can in a browser. */
class FakeFrames {
  made = 0;
  closed = 0;

  make(): VideoFrame {
    const { port1, port2 } = new MessageChannel();
    this.made++;
    port2.addEventListener('close', () => this.closed++);
    return moving(port1, [port1]) as unknown as VideoFrame;
  }

  get open(): number {
    return this.made - this.closed;
  }
}

/** @param keeps projects, on a disk of its own or of an engine before */
export function fakeEngine({ keeps = false, disk = new FakeDisk() }: { keeps?: boolean; disk?: FakeDisk } = {}) {
  const calls: string[] = [];
  const frames = new FakeFrames();
  const gates = { frame: new Gate(), prompt: new Gate(), model: new Gate(), track: new Gate(), record: new Gate() };
  const recorder = { isBehind: false };
  /** Why the device does not run the model as it should; found out at every load. */
  const device: { verdict: Failure | null } = { verdict: null };
  let recorded = 0;
  const fail: Partial<Record<'open' | 'prompt' | 'track' | 'model' | 'frame' | 'record', MaskletError>> = {};
  const kill: Partial<Record<ThreadName, (error: MaskletError) => void>> = {};
  const exported: ExportRequest[] = [];
  /** What the next label files say. */
  const reading: { labels: ReadLabels } = { labels: { objects: [], leftOut: 0 } };
  /** How many frames a correction changes, on each side. */
  const reach = { frames: Infinity };
  let version = 0;

  const throwOnce = (what: keyof typeof fail) => {
    const error = fail[what];
    delete fail[what];
    if (error) throw error;
  };
  const masks = new Map<string, MaskResult>();
  const snapshots = new Map<number, Map<string, MaskResult>>();
  let lastSnapshot = 0;
  const mask = (object: ObjectId, frameIndex: number, origin: 'prompt' | 'track', area: number): MaskResult => {
    const result: MaskResult = {
      object,
      frameIndex,
      area,
      box: area > 0 ? { x0: 0, y0: 0, x1: 1, y1: area } : null,
      occlusionScore: area > 0 ? 5 : -5,
      predictedIou: 0.9,
      origin,
      pieces: area > 0 ? 1 : 0,
      version: ++version,
      rle: { width: 8, height: 4, counts: Uint32Array.of(0, area, 32 - area) },
    };
    masks.set(`${object}:${frameIndex}`, result);
    return result;
  };
  const summary = ({ rle: _rle, ...rest }: MaskResult) => rest;

  const media: MediaApi = {
    async open(_file, name) {
      calls.push(`open ${name}`);
      throwOnce('open');
      return { ...video, name };
    },
    async close() {},
    async sceneCuts() {
      return [];
    },
    async connect() {},
    async startRecording() {
      calls.push('startRecording');
      throwOnce('record');
      recorded = 0;
    },
    async recordFrame(frame) {
      await gates.record.pass();
      frame.close();
      throwOnce('record');
      return recorder.isBehind ? null : { frameIndex: recorded, timestampUs: recorded++ * 40_000 };
    },
    async connectRecording() {},
    async finishRecording() {
      calls.push(`finishRecording ${recorded}`);
      return recorded;
    },
    async discardRecording() {
      calls.push('discardRecording');
    },
    async thumbnail() {
      throw new MaskletError('decode-failed', 'There are no pictures here.');
    },
    async frame(frameIndex) {
      calls.push(`frame ${frameIndex}`);
      await gates.frame.pass();
      throwOnce('frame');
      return frames.make();
    },
    async stats() {
      return { liveFrames: frames.open, cacheBytes: 0, decodedFrames: frames.made };
    },
  };

  const segment: SegmentApi = {
    async loadModel({ provider }: LoadModelRequest, onProgress) {
      calls.push(`load ${provider}`);
      if (device.verdict) {
        onProgress({ stage: 'check', loadedBytes: 0, totalBytes: 1 });
        await new Promise((resolve) => setTimeout(resolve));
      }
      await gates.model.pass();
      throwOnce('model');
      return {
        name: 'nano',
        title: 'Nano',
        version: '1',
        imageSize: 256,
        imageSizes: [256],
        provider: provider === 'auto' ? 'webgpu' : provider,
        precision: 'float32',
        device: 'fake',
        threads: null,
        fallback: device.verdict,
      };
    },
    async useCatalogue() {},
    async catalogue() {
      return [];
    },
    async downloadWeights() {
      throw new MaskletError('network', 'There is no network in a test.');
    },
    async keepWeights() {
      throw new MaskletError('storage-full', 'There is no store in a test.');
    },
    async removeWeights() {},
    async openVideo() {
      calls.push('openVideo');
      masks.clear();
    },
    async closeVideo() {},
    async openLive(_, __, port) {
      calls.push('openLive');
      masks.clear();
      serve(segment, port);
    },
    async keepLive() {
      calls.push('keepLive');
    },
    async closeLive() {
      calls.push('closeLive');
    },
    async addObject(object) {
      calls.push(`add ${object}`);
    },
    async removeObject(object) {
      calls.push(`remove ${object}`);
    },
    async prompt(object: ObjectId, frameIndex: number, { points, box, mask: given }: FramePrompts) {
      calls.push(`prompt ${object}:${frameIndex} ${points.length}${box ? '+box' : ''}`);
      await gates.prompt.pass();
      throwOnce('prompt');
      if (points.length === 0 && !box && !given) {
        masks.delete(`${object}:${frameIndex}`);
        return { mask: null, candidates: [], token: 0 };
      }
      const result = mask(object, frameIndex, 'prompt', Math.max(1, points.length));
      if (given) result.rle = given;
      const candidates =
        points.length === 1
          ? [0, 1].map((token) => ({
              token,
              predictedIou: 0.5 + token / 10,
              area: token + 1,
              rle: { width: 8, height: 4, counts: Uint32Array.of(0, token + 1, 31 - token) },
            }))
          : [];
      return { mask: summary(result), candidates, token: 0 };
    },
    async chooseCandidate(object, frameIndex, token) {
      calls.push(`choose ${object}:${frameIndex} ${token}`);
      const result = mask(object, frameIndex, 'prompt', token + 1);
      return { mask: summary(result), candidates: [], token };
    },
    async track({ objects = [], from = 0, to = video.frameCount - 1, stopWhenAgreed }, signal) {
      calls.push(`track ${objects.join()} ${from}-${to}${stopWhenAgreed ? ' outward' : ''}`);
      return (async function* (): AsyncGenerator<TrackedFrame> {
        const step = to < from ? -1 : 1;
        for (let frameIndex = from; frameIndex !== to + step; frameIndex += step) {
          if (stopWhenAgreed && Math.abs(frameIndex - from) > reach.frames) return;
          await gates.track.pass();
          if (signal.aborted) return;
          throwOnce('track');
          yield {
            frameIndex,
            done: Math.abs(frameIndex - from) + 1,
            total: Math.abs(to - from) + 1,
            // The last frame has lost its objects.
            masks: objects.map((object) => {
              const before = masks.get(`${object}:${frameIndex}`);
              if (before?.origin === 'prompt') return summary(before);
              return summary(mask(object, frameIndex, 'track', frameIndex === video.frameCount - 1 ? 0 : 2));
            }),
            agreements: objects.map(() => (stopWhenAgreed ? 0.5 : null)),
            times: {} as TrackedFrame['times'],
          };
        }
      })();
    },
    async mask(object, frameIndex) {
      return masks.get(`${object}:${frameIndex}`) ?? null;
    },
    async masksOfFrame(frameIndex) {
      calls.push(`masksOfFrame ${frameIndex}`);
      return [...masks.values()].filter((one) => one.frameIndex === frameIndex);
    },
    async keptMasks(frameIndex) {
      calls.push(`keptMasks ${frameIndex}`);
      return [...masks.values()].filter((one) => one.frameIndex === frameIndex);
    },
    async masksOfSnapshot(snapshot, frameIndex) {
      const kept = snapshots.get(snapshot);
      if (!kept) throw new MaskletError('unknown-snapshot', 'Unknown.');
      return [...kept.values()].filter((one) => one.frameIndex === frameIndex);
    },
    async connect() {},
    async setLocked(object, frameIndex, isLocked) {
      calls.push(`lock ${object}:${frameIndex} ${isLocked}`);
    },
    async snapshot() {
      snapshots.set(++lastSnapshot, new Map(masks));
      calls.push(`snapshot ${lastSnapshot}`);
      return lastSnapshot;
    },
    async restore(snapshot) {
      calls.push(`restore ${snapshot}`);
      const kept = snapshots.get(snapshot);
      if (!kept) throw new MaskletError('unknown-snapshot', 'Unknown.');
      masks.clear();
      for (const [key, result] of kept) masks.set(key, result);
    },
    async dropSnapshots(dropped) {
      for (const snapshot of dropped) snapshots.delete(snapshot);
    },
    async adopt(adopted) {
      for (const { object, masks: known } of adopted) {
        calls.push(`adopt ${object}`);
        for (const mask of known) masks.set(`${object}:${mask.frameIndex}`, mask);
      }
    },
    async setCleanUp(object, cleanUp) {
      calls.push(`clean ${object} ${cleanUp ? Object.values(cleanUp).join() : 'none'}`);
    },
    async unrepairedMask(object, frameIndex) {
      return masks.get(`${object}:${frameIndex}`) ?? null;
    },
    async configure(settings) {
      calls.push(`configure ${Object.values(settings).join()}`);
      return { ...usualSettings, ...settings };
    },
    async stats() {
      return {
        featureCacheBytes: 0,
        memoryBankBytes: 0,
        maskStoreBytes: 0,
        encoderRuns: 0,
        ortMs: 0,
        trackedFrames: 0,
        trackedMs: {} as TrackedFrame['times'],
        gpu: null,
      };
    },
  };

  const exporter: ExportApi = {
    async connect() {},
    async export(request, onProgress) {
      exported.push(request);
      onProgress({ done: 1, total: 1 });
      return new Blob(['zip']);
    },
    async readLabels() {
      return reading.labels;
    },
  };

  const startThread: StartThread = (name) => {
    const { port1, port2 } = new MessageChannel();
    serve({ media, segment, export: exporter, store: disk.api }[name], port1);
    const { promise: failed, reject } = deferred<never>();
    kill[name] = reject;
    calls.push(`start ${name}`);
    return {
      endpoint: port2,
      failed,
      stop: () => {
        port1.close();
        port2.close();
      },
    };
  };

  const hiddenListeners: (() => void)[] = [];
  const clock = new FakeClock();
  const store = createAppStore();
  const engine = new Engine({
    store,
    startThread,
    packUrl: 'https://example.test/nano/',
    catalogueUrl: 'https://example.test/catalogue.json',
    provider: 'auto',
    clock,
    createAudio: () => silence as unknown as HTMLAudioElement,
    recordingDevices: {
      isSecure: false,
      mediaDevices: undefined,
      framesOf: undefined,
      createFile: () => Promise.reject(new Error('There is no disk in a test.')),
      findLeftovers: async () => [],
    },
    projectDevices: {
      isAvailable: keeps,
      hasProjects: async () => disk.projects.size > 0,
      newId: () => `project-${disk.projects.size + 1}`,
      nowMs: () => 1000,
      digest: (bytes) => crypto.subtle.digest('SHA-256', bytes),
      persist: async () => void calls.push('persist'),
      picture: async () => new Blob(['picture']),
      onHidden: (listener) => hiddenListeners.push(listener),
      handles: {
        keep: async () => undefined,
        isKnown: async () => false,
        open: async () => null,
        copy: async () => undefined,
        forget: async () => undefined,
        forgetAll: async () => undefined,
      },
    },
  });
  const hide = () => hiddenListeners.forEach((listener) => listener());
  return {
    disk,
    hide,
    engine,
    store,
    calls,
    frames,
    gates,
    recorder,
    device,
    reach,
    snapshots,
    fail,
    kill,
    exported,
    reading,
    clock,
  };
}

/** Projects as the store worker keeps them, without a file system. */
export class FakeDisk {
  readonly projects = new Map<string, Project>();
  openId: string | null = null;
  /** What the next writing fails with. */
  failure: MaskletError | null = null;
  pictures = 0;

  project(id: string): Project {
    const project = this.projects.get(id);
    if (!project) throw new MaskletError('invalid-argument', 'Gone.', { reason: ['project-gone'] });
    return structuredClone(project);
  }

  readonly api: StoreApi = {
    list: async () =>
      [...this.projects.values()].map(({ head: { id, name, video } }) => {
        const rest = { changedMs: 0, sizeBytes: 1, picture: null, objectCount: 0 };
        return { id, name, frameCount: video.frameCount, ...rest };
      }),
    create: async (head) => {
      this.#write();
      this.projects.set(head.id, { head, slices: {}, masks: [] });
      this.openId = head.id;
    },
    open: async (id) => {
      this.openId = id;
      return this.project(id);
    },
    append: async (records) => {
      this.#write();
      const project = this.projects.get(this.openId ?? '');
      if (!project) throw new Error('No project is open.');
      // As through a file.
      for (const record of JSON.parse(JSON.stringify(records)) as ProjectRecord[]) apply(project, record);
    },
    setPicture: async () => void this.pictures++,
    close: async () => {
      this.openId = null;
    },
    rename: async (id, name) => {
      this.projects.get(id)!.head.name = name;
    },
    duplicate: async (id, newId, name) => {
      const project = this.project(id);
      this.projects.set(newId, { ...project, head: { ...project.head, id: newId, name } });
    },
    delete: async (id) => void this.projects.delete(id),
    deleteAll: async () => this.projects.clear(),
  };

  #write(): void {
    const { failure } = this;
    this.failure = null;
    if (failure) throw failure;
  }
}

function apply(project: Project, record: ProjectRecord): void {
  const keep = (isKept: (mask: StoredMask) => boolean) => {
    project.masks = project.masks.filter(isKept);
  };
  if (record.kind === 'head') project.head = record.head;
  else if (record.kind === 'slice') project.slices[record.name] = record.value;
  else if (record.kind === 'dropped') {
    const { object, frames } = record;
    keep((mask) => mask.object !== object || !(frames?.includes(mask.frameIndex) ?? true));
  } else if (record.kind === 'masks') {
    for (const newer of record.masks) {
      keep((mask) => mask.object !== newer.object || mask.frameIndex !== newer.frameIndex);
      project.masks.push(newer);
    }
  }
}

/** Sound is tested on its own. */
const silence = {
  pause() {},
  async play() {},
  removeAttribute() {},
};

/** Time that passes when it is told to. */
class FakeClock implements Clock {
  #nowMs = 0;
  #ticks: (() => void)[] = [];
  #waiting: { untilMs: number; resolve: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  nextTick(callback: () => void): void {
    this.#ticks.push(callback);
  }

  async idle(): Promise<void> {}

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ untilMs: this.#nowMs + ms, resolve }));
  }

  /** Lets time pass and repaints. */
  async advance(ms: number): Promise<void> {
    this.#nowMs += ms;
    for (const tick of this.#ticks.splice(0)) tick();
    const isOver = ({ untilMs }: { untilMs: number }) => untilMs <= this.#nowMs;
    const over = this.#waiting.filter(isOver);
    this.#waiting = this.#waiting.filter((one) => !isOver(one));
    for (const { resolve } of over) resolve();
    await settle();
  }
}

/** Lets messages that are under way arrive. */
export async function settle(): Promise<void> {
  for (let n = 0; n < 12; n++) await new Promise((resolve) => setTimeout(resolve));
}
