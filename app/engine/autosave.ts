/**
 * Keeps what is done to the open video in this browser, as it changes: slices of the state when they are others, and masks by
 * their versions, frame by frame when the segment worker is asked for little else. The journal on the disk is what the
 * state came to, whichever way: undo is a change like any other. A failure here never reaches the rest of the page.
 */
import { asMaskletError, MaskletError } from '../../workers/protocol/errors';
import type { MaskResult } from '../../workers/protocol/mask';
import { projectSchema, type Project, type ProjectHead, type ProjectRecord } from '../../workers/protocol/project';
import type { ObjectId } from '../../workers/protocol/prompt';
import type { VideoInfo } from '../../workers/protocol/video';
import { FrameMark, type Masklet } from '../state/masklets';
import type { Saving } from '../state/projects';
import { patch, watch, type AppState } from '../state/store';
import type { EngineContext } from './context';
import { fingerprints } from './fingerprint';
import type { FrameMasks } from './frame-masks';
import type { FramePresenter } from './frame-presenter';
import type { History } from './history';
import type { ProjectDevices } from './project-devices';
import { slicesOf, storedMask } from './project-slices';
import type { ChosenSource } from './source-files';
import type { StoreThread } from './store-thread';

/** Steps that follow each other so fast are written together. */
const pauseMs = 300;
/** While a run goes on, its frames come first. */
const pauseInRunMs = 1500;
const framesInRun = 16;
const framesAtRest = 64;
const pictureEveryMs = 10_000;
/** How often a mask is asked for again that the worker does not have, or has another of. */
const mostMisses = 8;

type OpenProject = {
  id: string;
  video: VideoInfo;
  /** By name, what the slice on the disk was made of. */
  slices: Map<string, { source: unknown; json: string }>;
  /** Per object and frame, the version that the disk has; 0 is none. */
  versions: Map<ObjectId, Uint32Array>;
  /** Masklets of which the disk has everything. */
  whole: Map<ObjectId, Masklet>;
  misses: Map<string, number>;
  /** When the last picture was made. */
  pictureMs: number | null;
};

type Place = { object: ObjectId; frameIndex: number; version: number };

export class Autosave {
  readonly #context: EngineContext;
  readonly #storeThread: StoreThread;
  readonly #devices: ProjectDevices;
  readonly #parts: { presenter: FramePresenter; masks: FrameMasks; history: History };
  readonly #source: () => ChosenSource | null;
  #open: OpenProject | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #isWorking = false;
  #isChanged = false;
  #isHeld = false;
  #isPersistAsked = false;

  /** @param source of the open video */
  constructor(
    context: EngineContext,
    storeThread: StoreThread,
    devices: ProjectDevices,
    parts: { presenter: FramePresenter; masks: FrameMasks; history: History },
    source: () => ChosenSource | null,
  ) {
    this.#context = context;
    this.#storeThread = storeThread;
    this.#devices = devices;
    this.#parts = parts;
    this.#source = source;
    const { store } = context;
    if (!devices.isAvailable) patch(store, 'projects', { saving: 'off' });
    const work = ({ objects, prompts, settings, masklets, review, playback, project }: AppState) =>
      [objects, prompts, settings, masklets, review.dismissed, playback.range, project.video] as const;
    store.subscribe((state, before) => {
      const then = work(before);
      if (work(state).some((part, n) => part !== then[n])) this.#noteChange();
    });
    // Where a person is, but not while the page moves on by itself.
    watch(
      store,
      ({ playback, tracking }) => (playback.isPlaying || tracking.run ? null : playback.shownFrame),
      (now) => now !== null && this.#open && this.#start(),
    );
    // Masks are made anew, as others, without a new version.
    watch(
      store,
      ({ settings: { fillHoleArea, removeIslandArea, nonOverlapping, edges } }) =>
        [fillHoleArea, removeIslandArea, nonOverlapping, edges].join(),
      () => this.#outdateMasks(),
    );
    devices.onHidden(() => void this.#saveHidden());
  }

  /** Of the open video; null while there is none. */
  get projectId(): string | null {
    return this.#open?.id ?? null;
  }

  /** Waits until all is on the disk, or cannot be brought there in time. */
  async settle(mostMs = 10_000): Promise<void> {
    if (this.#isStopped) return;
    const { clock } = this.#context;
    const startMs = clock.nowMs();
    await this.#inTurn(async () => {
      while ((await this.#saveSome()) && clock.nowMs() - startMs < mostMs);
    }).catch((error: unknown) => this.#failed(error));
    this.#sayHowFar();
  }

  /** Before a project is opened: nothing is written until it is, or is not. */
  async leave(): Promise<void> {
    await this.settle();
    this.#isHeld = true;
    await this.#inTurn(() => this.#close()).catch(() => undefined);
  }

  /** No project was opened after all. */
  async comeBack(): Promise<void> {
    this.#isHeld = false;
    if (!this.#open) await this.#storeThread.api.close().catch(() => undefined);
  }

  /** Goes on with a project that the store has open, as its masks come into the state. */
  goOn({ head: { id } }: Project, video: VideoInfo, masks: readonly MaskResult[]): void {
    const open = newProject(id, video);
    for (const { object, frameIndex, version } of masks) versionsOf(open, object)[frameIndex] = version;
    this.#open = open;
    this.#isHeld = false;
    this.#start();
  }

  /** The masks that the disk has of the open video, for a segment worker that lost its own. */
  async masksOnDisk(): Promise<Project | null> {
    const { id } = this.#open ?? {};
    if (id === undefined || this.#isStopped) return null;
    return this.#inTurn(() => this.#storeThread.api.open(id)).catch(() => null);
  }

  /** After the segment worker was given masks from the disk. */
  takeVersions(masks: readonly MaskResult[]): void {
    const open = this.#open;
    if (!open) return;
    open.versions.clear();
    open.whole.clear();
    for (const { object, frameIndex, version } of masks) versionsOf(open, object)[frameIndex] = version;
  }

  /** Tries again after a full disk. */
  async goOnSaving(): Promise<void> {
    this.#context.dismiss('saving');
    patch(this.#context.store, 'projects', { saving: 'behind' });
    await this.settle();
  }

  get #isStopped(): boolean {
    const { saving } = this.#context.store.getState().projects;
    return saving === 'off' || saving === 'paused';
  }

  #noteChange(): void {
    const { store } = this.#context;
    if (this.#isStopped || this.#isHeld) return;
    if (this.#open || isWorthKeeping(store.getState(), this.#source())) this.#say('behind');
    this.#start();
  }

  #start(): void {
    this.#isChanged = true;
    if (!this.#isWorking && !this.#isStopped) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    const { clock, store } = this.#context;
    try {
      let hasMore = false;
      do {
        const isRunning = store.getState().tracking.run !== null;
        if (isRunning) await clock.wait(pauseInRunMs);
        else if (hasMore && !this.#isChanged) await clock.idle();
        else await clock.wait(pauseMs);
        this.#isChanged = false;
        hasMore = !this.#isStopped && (await this.#inTurn(() => this.#saveSome()));
      } while (this.#isChanged || hasMore);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isWorking = false;
    }
    this.#sayHowFar();
    await this.#makePicture(false);
  }

  #say(saving: Saving): void {
    const { store } = this.#context;
    if (store.getState().projects.saving !== saving) patch(store, 'projects', { saving });
  }

  #sayHowFar(): void {
    if (this.#isStopped) return;
    if (!this.#open) this.#say('waiting');
    else if (this.#isAllSaved(this.#open)) this.#say('saved');
  }

  #isAllSaved(open: OpenProject): boolean {
    const state = this.#context.store.getState();
    if (open.video !== state.project.video) return false;
    const missing = [changedSlices(state, open), droppedMasks(state, open), missingMasks(state, open, 1)];
    return missing.every(({ length }) => length === 0);
  }

  /** A full disk is said and waits; whatever else the store fails with turns saving off. Others' failures are theirs to tell. */
  #failed(thrown: unknown): void {
    if (!(thrown instanceof StoreFailure)) return;
    const error = asMaskletError(thrown.cause);
    const isFull = error.code === 'storage-full';
    this.#say(isFull ? 'paused' : 'off');
    // A private window, most often: nothing was promised yet, and the bar says it.
    if (!isFull && !this.#open) return;
    const told = isFull
      ? error
      : new MaskletError('internal', 'Saving has stopped. Save your masks as files before you leave.', {
          reason: ['project-not-saved'],
          cause: error,
        });
    this.#context.report('saving', told, isFull ? 'save-again' : null);
  }

  #outdateMasks(): void {
    this.#open?.whole.clear();
    for (const versions of this.#open?.versions.values() ?? []) {
      // Not 0: the disk has one, which may have to be dropped.
      versions.forEach((version, frameIndex) => {
        if (version !== 0) versions[frameIndex] = outdated;
      });
    }
  }

  /** @returns there is more to save */
  async #saveSome(): Promise<boolean> {
    const { store } = this.#context;
    const state = store.getState();
    const { video } = state.project;
    if (this.#open && this.#open.video !== video) await this.#close();
    if (this.#isHeld || !video || (!this.#open && !isWorthKeeping(state, this.#source()))) return false;
    const open = this.#open ?? (await this.#create(video));
    if (!open) return false;
    const records: ProjectRecord[] = [];
    const slices = changedSlices(store.getState(), open);
    for (const { name, json } of slices) records.push({ kind: 'slice', name, value: JSON.parse(json) as unknown });
    const dropped = droppedMasks(store.getState(), open);
    records.push(...dropped);
    await this.#append(records);
    for (const { name, ...slice } of slices) open.slices.set(name, slice);
    for (const { object, frames } of dropped) {
      if (frames === null) open.versions.delete(object);
      for (const frameIndex of frames ?? []) versionsOf(open, object)[frameIndex] = 0;
    }
    return this.#saveMasks(open);
  }

  async #saveMasks(open: OpenProject): Promise<boolean> {
    const { store } = this.#context;
    const { generation } = this.#context;
    const isThere = () => generation === this.#context.generation && store.getState().project.video === open.video;
    const isRunning = store.getState().tracking.run !== null;
    const missing = missingMasks(store.getState(), open, isRunning ? framesInRun : framesAtRest);
    if (missing.length === 0) return false;
    await Promise.all([this.#context.joined, this.#parts.history.marked()]);
    const found: { mask: MaskResult; place: Place }[] = [];
    for (const frameIndex of new Set(missing.map((place) => place.frameIndex))) {
      if (!isThere()) return false;
      const masks = await this.#context.threads.segment.keptMasks(frameIndex);
      for (const place of missing.filter((one) => one.frameIndex === frameIndex)) {
        const mask = masks.find(({ object, version }) => object === place.object && version === place.version);
        if (mask) found.push({ mask, place });
        else this.#noteMiss(open, place);
      }
    }
    if (!isThere()) return false;
    if (found.length > 0) await this.#append([{ kind: 'masks', masks: found.map(({ mask }) => storedMask(mask)) }]);
    for (const { place } of found) {
      versionsOf(open, place.object)[place.frameIndex] = place.version;
      open.misses.delete(keyOf(place));
    }
    return true;
  }

  /** Its answer is on the way, most often. */
  #noteMiss(open: OpenProject, place: Place): void {
    const misses = (open.misses.get(keyOf(place)) ?? 0) + 1;
    open.misses.set(keyOf(place), misses);
    if (misses >= mostMisses) versionsOf(open, place.object)[place.frameIndex] = place.version;
  }

  async #create(video: VideoInfo): Promise<OpenProject | null> {
    const { store } = this.#context;
    const source = this.#source();
    if (!source) return null;
    const files = await onStore(() => fingerprints(source.files, (bytes) => this.#devices.digest(bytes)));
    if (store.getState().project.video !== video) return null;
    const { width, height, frameCount, durationUs, name } = video;
    const head: ProjectHead = {
      schema: projectSchema,
      id: this.#devices.newId(),
      name,
      createdMs: this.#devices.nowMs(),
      source: { files, options: source.options, sample: store.getState().project.sample },
      video: { width, height, frameCount, durationUs },
    };
    await onStore(() => this.#storeThread.api.create(head));
    await this.#devices.handles.keep(head.id, source).catch(() => undefined);
    this.#open = newProject(head.id, video);
    return this.#open;
  }

  async #append(records: ProjectRecord[]): Promise<void> {
    if (records.length === 0) return;
    await onStore(() => this.#storeThread.api.append(records));
    if (this.#isPersistAsked) return;
    this.#isPersistAsked = true;
    void this.#devices.persist().catch(() => undefined);
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = null;
    this.#say('waiting');
    await onStore(() => this.#storeThread.api.close());
  }

  async #saveHidden(): Promise<void> {
    if (!this.#open && !this.#isWorking) return;
    await this.settle();
    await this.#makePicture(true);
  }

  async #makePicture(isDue: boolean): Promise<void> {
    const open = this.#open;
    const { store } = this.#context;
    const state = store.getState();
    const { shown } = this.#parts.presenter;
    if (!open || !shown || this.#isStopped || open.video !== state.project.video || state.tracking.run) return;
    const nowMs = this.#context.clock.nowMs();
    if (!isDue && open.pictureMs !== null && nowMs - open.pictureMs < pictureEveryMs) return;
    open.pictureMs = nowMs;
    try {
      const picture = await this.#devices.picture(shown.frame, this.#parts.masks.known(shown.frameIndex), state);
      await this.#inTurn(async () => {
        if (this.#open === open) await this.#storeThread.api.setPicture(picture);
      });
    } catch {
      // A project without its newest picture is whole.
    }
  }

  /** One after the other: the store has one project open. */
  async #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(step, step);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** Of the disk, not of the page. */
class StoreFailure extends Error {}

async function onStore<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new StoreFailure('The store failed.', { cause });
  }
}

/** Not a version of any mask. */
const outdated = 2 ** 32 - 1;

function newProject(id: string, video: VideoInfo): OpenProject {
  return { id, video, slices: new Map(), versions: new Map(), whole: new Map(), misses: new Map(), pictureMs: null };
}

/** Not for merely looking; recordings are kept elsewhere. */
function isWorthKeeping({ objects }: AppState, source: ChosenSource | null): boolean {
  return objects.list.length > 0 && source !== null && source.isRecording !== true;
}

function keyOf({ object, frameIndex, version }: Place): string {
  return `${object}/${frameIndex}/${version}`;
}

function versionsOf(open: OpenProject, object: ObjectId): Uint32Array {
  const known = open.versions.get(object);
  if (known) return known;
  const versions = new Uint32Array(open.video.frameCount);
  open.versions.set(object, versions);
  return versions;
}

function changedSlices(state: AppState, open: OpenProject): { name: string; source: unknown; json: string }[] {
  const slices = slicesOf(state);
  const changed: { name: string; source: unknown; json: string }[] = [];
  for (const [name, { source, value }] of slices) {
    const saved = open.slices.get(name);
    if (saved && Object.is(saved.source, source)) continue;
    const json = JSON.stringify(value());
    if (saved?.json === json) open.slices.set(name, { source, json });
    else changed.push({ name, source, json });
  }
  for (const [name, { json }] of open.slices) {
    if (!slices.has(name) && json !== 'null') changed.push({ name, source: null, json: 'null' });
  }
  return changed;
}

type Dropped = Extract<ProjectRecord, { kind: 'dropped' }>;

/** Masks that the disk has and the page has no more. */
function droppedMasks({ masklets }: AppState, open: OpenProject): Dropped[] {
  const dropped: Dropped[] = [];
  for (const [object, versions] of open.versions) {
    const masklet = masklets.byObject[object];
    if (!masklet) {
      dropped.push({ kind: 'dropped', object, frames: null });
      continue;
    }
    if (open.whole.get(object) === masklet) continue;
    const frames: number[] = [];
    versions.forEach((version, frameIndex) => {
      if (version !== 0 && masklet.columns.mark[frameIndex] === FrameMark.none) frames.push(frameIndex);
    });
    if (frames.length > 0) dropped.push({ kind: 'dropped', object, frames });
  }
  return dropped;
}

/** Masks that the disk does not have, or has another of: of so many frames at most. */
function missingMasks({ masklets }: AppState, open: OpenProject, mostFrames: number): Place[] {
  const places: Place[] = [];
  const frames = new Set<number>();
  for (const [id, masklet] of Object.entries(masklets.byObject)) {
    const object = Number(id);
    if (open.whole.get(object) === masklet) continue;
    const { mark, version } = masklet.columns;
    const saved = versionsOf(open, object);
    let isWhole = true;
    for (let frameIndex = 0; frameIndex < mark.length; frameIndex++) {
      const isThere = mark[frameIndex] !== FrameMark.none;
      if (saved[frameIndex] === (isThere ? version[frameIndex] : 0)) continue;
      isWhole = false;
      if (!isThere) continue;
      if (frames.size === mostFrames && !frames.has(frameIndex)) continue;
      frames.add(frameIndex);
      places.push({ object, frameIndex, version: version[frameIndex]! });
    }
    if (isWhole) open.whole.set(object, masklet);
  }
  return places;
}
