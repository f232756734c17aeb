/** `window.masklet`: the page's own commands for scripts, in video pixels and with checked arguments. */
import { asMaskletError, MaskletError } from '../../workers/protocol/errors';
import { exportFormatIds } from '../../workers/protocol/export-formats';
import type { OpenOptions } from '../../workers/protocol/media-contract';
import type { FramePrompts } from '../../workers/protocol/prompt';
import type { ModelStatus, PromptResult } from '../../workers/protocol/segment-contract';
import type { VideoInfo } from '../../workers/protocol/video';
import type { AutomationStatus, MaskletApi, OpenedVideo, PromptAnswer } from '../e2e-api';
import type { Engine } from '../engine/engine';
import { findObject, usualCleanUp } from '../state/objects';
import { emptyPrompts, promptedFrames, withBox, withPoints } from '../state/prompts';
import { reviewStops } from '../state/review';
import type { AppStore } from '../state/store';
import { sourceFiles } from '../engine/source-files';
import {
  asBox,
  asCleanUp,
  asFrame,
  asMask,
  asObjectId,
  asOneOf,
  asOpenOptions,
  asPoints,
  asRecord,
  asSettings,
  invalid,
} from './validate';

export function createAutomation(engine: Engine, store: AppStore): MaskletApi {
  const video = (): VideoInfo => engine.context.video();
  const frame = (value: unknown, field = 'frame') => asFrame(value, field, video().frameCount);
  const object = (value: unknown, field = 'object') => {
    const id = asObjectId(value, field);
    engine.context.checkObject(id);
    return id;
  };

  const api: MaskletApi = {
    async open(source, options = {}) {
      const info = await openSource(engine, source, asOpenOptions(options, 'options'));
      // Whether or not it loads: a failed model is told by the first prompt.
      await engine.model.ready().catch(() => undefined);
      return describeVideo(info);
    },

    async status() {
      return describeStatus(store);
    },

    async addObject(name) {
      if (name !== undefined && typeof name !== 'string') throw invalid('name', 'text', name);
      const id = engine.objects.add(name);
      await engine.context.joined;
      return id;
    },

    async removeObject(id) {
      await engine.objects.remove(object(id));
    },

    async prompt(prompt) {
      const given = asRecord(prompt, 'prompt');
      const size = video();
      const id = object(given['object']);
      const frameIndex = frame(given['frame']);
      const edit = promptEdit(given, size);
      showEdit(engine, store, id, frameIndex);
      return describeAnswer(await engine.prompts.change(id, frameIndex, edit));
    },

    async chooseCandidate(id, frameIndex, token) {
      const chosen = asOneOf(token, 'token', [0, 1, 2, 3] as const);
      return describeAnswer(await engine.prompts.choose(object(id), frame(frameIndex), chosen));
    },

    async clear(what = {}) {
      const given = asRecord(what, 'what');
      const { prompts, objects } = store.getState();
      const frameIndex = given['frame'] === undefined ? null : frame(given['frame']);
      const ids = given['object'] === undefined ? objects.list.map(({ id }) => id) : [object(given['object'])];
      const places = ids.flatMap((id) =>
        promptedFrames(prompts, id)
          .filter((prompted) => frameIndex === null || prompted === frameIndex)
          .map((prompted) => ({ object: id, frameIndex: prompted })),
      );
      await engine.prompts.clearAll(places);
    },

    async track(request = {}) {
      const given = asRecord(request, 'request');
      const { objects, from, to, direction } = given;
      if (objects !== undefined && (!Array.isArray(objects) || objects.length === 0)) {
        throw invalid('objects', 'a list of object ids', objects);
      }
      video();
      return engine.tracking.track({
        ...(objects === undefined
          ? {}
          : { objects: (objects as unknown[]).map((id, n) => object(id, `objects[${n}]`)) }),
        ...(from === undefined ? {} : { from: frame(from, 'from') }),
        ...(to === undefined ? {} : { to: frame(to, 'to') }),
        ...(direction === undefined
          ? {}
          : { direction: asOneOf(direction, 'direction', ['forward', 'backward', 'both'] as const) }),
      });
    },

    async cancel() {
      await engine.tracking.cancel();
    },

    async mask(id, frameIndex) {
      // An object that the page has just added is on its way to the worker.
      await engine.context.joined;
      const mask = await engine.context.threads.segment.mask(object(id), frame(frameIndex));
      if (!mask) return null;
      const { rle, occlusionScore, predictedIou } = mask;
      return {
        width: rle.width,
        height: rle.height,
        counts: Array.from(rle.counts),
        score: occlusionScore,
        predictedIou,
      };
    },

    async lock(id, frameIndex, isLocked = true) {
      if (typeof isLocked !== 'boolean') throw invalid('isLocked', 'true or false', isLocked);
      await engine.prompts.lock(object(id), frame(frameIndex), isLocked);
    },

    async review() {
      return reviewStops(engine.context.store.getState()).map(({ frameIndex, ...stop }) => ({
        ...stop,
        frame: frameIndex,
      }));
    },

    async configure(settings = {}) {
      const changes = asSettings(settings, 'settings');
      // Asked for itself, so that a wrong number is told.
      const configured = await engine.context.threads.segment.configure(changes);
      engine.settings.change(changes);
      return configured;
    },

    async setCategory(id, category) {
      if (category !== null && typeof category !== 'string') throw invalid('category', 'a text or null', category);
      engine.objects.setCategory(object(id), category ?? '');
    },

    async cleanUp(id, changes) {
      const target = object(id);
      const before = findObject(store.getState().objects, target)?.cleanUp ?? usualCleanUp;
      const changed = changes === null ? null : { ...before, ...asCleanUp(changes, 'changes') };
      // Asked for itself, so that a wrong number is told.
      await engine.context.threads.segment.setCleanUp(target, changed);
      engine.objects.setCleanUp(target, changed);
    },

    async undo() {
      return engine.history.undo();
    },

    async redo() {
      return engine.history.redo();
    },

    async history() {
      const { steps, position } = store.getState().history;
      return { steps: steps.map(({ id: _id, frameIndex, ...step }) => ({ ...step, frame: frameIndex })), position };
    },

    async models() {
      return engine.catalogue.refresh();
    },

    async loadModel(model) {
      return loadModel(engine, asRecord(model, 'model'));
    },

    async pauseDownload() {
      engine.catalogue.pause();
    },

    async removeModel(name) {
      if (typeof name !== 'string') throw invalid('name', 'text', name);
      await engine.catalogue.remove(name);
    },

    async seek(frameIndex) {
      await engine.player.seek(frame(frameIndex));
    },

    async importMasks(files) {
      const given = files instanceof Blob ? [files] : files;
      if (!Array.isArray(given) || given.some((file) => !(file instanceof Blob))) {
        throw invalid('files', 'a File or a list of Files', files);
      }
      return engine.importing.importMasks(sourceFiles(given));
    },

    async export(format) {
      return engine.exporting.make(asOneOf(format, 'format', exportFormatIds));
    },

    async stats() {
      const { media, segment } = engine.context.threads;
      const [mediaStats, segmentStats] = await Promise.all([media.stats(), segment.stats()]);
      return {
        media: mediaStats,
        segment: segmentStats,
        page: { maskCacheBytes: engine.masks.cacheBytes, jsHeapBytes: jsHeapBytes() },
      };
    },
  };
  return withTypedErrors(api);
}

async function loadModel(engine: Engine, given: Record<string, unknown>): Promise<ModelStatus> {
  const { name, pack, files, imageSize, download, hub } = given;
  if (imageSize !== undefined && (typeof imageSize !== 'number' || !Number.isInteger(imageSize))) {
    throw invalid('imageSize', 'a number of pixels', imageSize);
  }
  if (hub !== undefined) {
    if (typeof hub !== 'string') throw invalid('hub', 'an address', hub);
    engine.catalogue.setHubUrl(hub);
  }
  if (files !== undefined) {
    const list = files instanceof File ? [files] : files;
    const isList = Array.isArray(list) && list.length > 0 && list.every((file) => file instanceof File);
    if (!isList) throw invalid('files', 'a File or a list of them', files);
    const sources = list.map((file) => ({ path: file.webkitRelativePath || file.name, file }));
    return engine.catalogue.loadFiles(sources, imageSize);
  }
  if (pack !== undefined) {
    if (typeof pack !== 'string' || !URL.canParse(pack, document.baseURI)) throw invalid('pack', 'an address', pack);
    return engine.catalogue.loadPack(new URL(pack, document.baseURI).href, imageSize);
  }
  if (typeof name !== 'string') throw invalid('model', 'given a name, a pack or files', undefined);
  if (name === 'nano') return engine.model.replace(null);
  return download === true ? engine.catalogue.download(name, imageSize) : engine.catalogue.load(name, imageSize);
}

async function openSource(engine: Engine, source: unknown, options: OpenOptions): Promise<VideoInfo> {
  if (source instanceof File) return engine.video.openFiles(sourceFiles([source]), options);
  if (source instanceof Blob) return engine.video.openFiles([{ path: 'video', file: source }], options);
  if (Array.isArray(source) && source.length > 0 && source.every((file) => file instanceof File)) {
    return engine.video.openFiles(sourceFiles(source), options);
  }
  const address = source instanceof URL ? source.href : source;
  if (typeof address !== 'string') throw invalid('source', 'a File, a list of them, a Blob or an address', source);
  if (!URL.canParse(address, document.baseURI)) throw invalid('source', 'an address', source);
  return engine.video.openUrl(new URL(address, document.baseURI).href, options);
}

function promptEdit(given: Record<string, unknown>, size: VideoInfo): (prompts: FramePrompts) => FramePrompts {
  const points = given['points'] === undefined ? null : asPoints(given['points'], 'points', size);
  const box = given['box'] === undefined ? null : asBox(given['box'], 'box', size);
  const mask = given['mask'] === undefined ? null : asMask(given['mask'], 'mask', size);
  if (!points?.length && !box && !mask) throw invalid('prompt', 'given points, a box or a mask', undefined);
  if (mask && (points || box)) {
    throw new MaskletError('invalid-argument', '`mask` replaces points and box: give it alone.');
  }
  return (before) => {
    if (mask) return { points: [], box: null, mask };
    const start = given['replace'] === true ? emptyPrompts : before;
    return withPoints(box ? withBox(start, box) : start, points ?? []);
  };
}

/** A script's prompt is looked at like a click: its object selected, its frame shown. */
function showEdit(engine: Engine, store: AppStore, id: number, frameIndex: number): void {
  engine.objects.select(id);
  const { playback, tracking } = store.getState();
  if (playback.frameIndex === frameIndex || tracking.run) return;
  // The prompt does not wait for it, nor fail with it.
  engine.player.seek(frameIndex).catch(() => undefined);
}

function describeVideo({ timestampsUs, sourceFrames, parts, ...info }: VideoInfo): OpenedVideo {
  return { ...info, parts: [...parts], timestampsUs: Array.from(timestampsUs), sourceFrames: Array.from(sourceFrames) };
}

function describeStatus(store: AppStore): AutomationStatus {
  const { project, model, playback, tracking, objects } = store.getState();
  const { video } = project;
  const status = model.stage === 'ready' ? model.status : null;
  return {
    ready: status !== null && video !== null,
    model: status?.name ?? null,
    provider: status?.provider ?? null,
    device: status?.device ?? null,
    precision: status?.precision ?? null,
    fallbackReason: status?.fallback?.message ?? null,
    frameCount: video?.frameCount ?? 0,
    size: video && { width: video.width, height: video.height },
    frame: playback.shownFrame,
    frameError: playback.failure?.message ?? null,
    isTracking: tracking.run !== null,
    objects: objects.list.map(({ id, name }) => ({ id, name })),
  };
}

function describeAnswer({ mask, candidates }: PromptResult): PromptAnswer {
  return {
    score: mask?.occlusionScore ?? 0,
    predictedIou: mask?.predictedIou ?? 0,
    area: mask?.area ?? 0,
    candidates: candidates.map(({ token, predictedIou, area }) => ({ token, predictedIou, area })),
  };
}

/** Chromium's own measure; null elsewhere. */
function jsHeapBytes(): number | null {
  const { memory } = performance as Performance & { memory?: { usedJSHeapSize: number } };
  return memory?.usedJSHeapSize ?? null;
}

/** Whatever a command throws reaches the script as a MaskletError. */
function withTypedErrors(api: MaskletApi): MaskletApi {
  const calls = Object.entries(api).map(([name, call]) => [
    name,
    async (...args: unknown[]) => {
      try {
        return await (call as (...args: unknown[]) => Promise<unknown>)(...args);
      } catch (error) {
        throw asMaskletError(error);
      }
    },
  ]);
  return Object.fromEntries(calls) as MaskletApi;
}
