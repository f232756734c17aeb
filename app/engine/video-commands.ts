/** Opens videos: files, an address or a sample. The video before stays until the next one is there. */
import { MaskletError } from '../../workers/protocol/errors';
import type { FrameSelection, OpenOptions, SourceFile } from '../../workers/protocol/media-contract';
import type { VideoInfo } from '../../workers/protocol/video';
import { noAnswers } from '../state/answers';
import { noExport } from '../state/exporting';
import { noImport } from '../state/importing';
import { maskletsOf } from '../state/live';
import { maskletsFor } from '../state/masklets';
import { noObjects } from '../state/objects';
import { playbackAtStart } from '../state/playback';
import { noPrompts, promptedFrames, promptsBefore, statePrompts, type PromptsState } from '../state/prompts';
import { patch } from '../state/store';
import { notTracking } from '../state/tracking';
import type { Autosave } from './autosave';
import type { EngineContext } from './context';
import type { FrameMasks } from './frame-masks';
import { isOfFrame, type FramePresenter } from './frame-presenter';
import type { History } from './history';
import type { LiveResult } from './live-tracker';
import type { Player } from './player';
import type { RestoredWork } from './project-slices';
import type { SampleName } from '../state/project';
import type { Sample } from './samples';
import { sourceFiles, sourceName, type ChosenSource } from './source-files';
import type { TrackCommands } from './track-commands';

export class VideoCommands {
  readonly #context: EngineContext;
  readonly #presenter: FramePresenter;
  readonly #masks: FrameMasks;
  readonly #player: Player;
  readonly #tracking: TrackCommands;
  readonly #history: History;
  readonly #autosave: Autosave;
  #opening: AbortController | null = null;
  #source: ChosenSource | null = null;

  constructor(
    context: EngineContext,
    presenter: FramePresenter,
    masks: FrameMasks,
    player: Player,
    tracking: TrackCommands,
    history: History,
    autosave: Autosave,
  ) {
    this.#context = context;
    this.#presenter = presenter;
    this.#masks = masks;
    this.#player = player;
    this.#tracking = tracking;
    this.#history = history;
    this.#autosave = autosave;
  }

  /** Where the open video came from, to open it again. */
  get source(): ChosenSource | null {
    return this.#source;
  }

  /**
   * Opens a video, or the pictures of one.
   * @throws as `MediaApi.open`, and `cancelled` when another opening came meanwhile
   */
  async openFiles(files: readonly SourceFile[], options: OpenOptions = {}): Promise<VideoInfo> {
    return this.#open({ files, name: sourceName(files), options });
  }

  /**
   * Opens what was recorded, with what was followed meanwhile.
   * @param timestampsUs of the frames that it was followed on
   * @throws as `openFiles`, and `internal` when the file's frames are others: masks must not sit on the wrong ones
   */
  async openRecording(file: File, live: LiveResult | null, timestampsUs: readonly number[]): Promise<VideoInfo> {
    const files = sourceFiles([file]);
    const check = (video: VideoInfo) => {
      if (live && !isNumberedAs(video, timestampsUs)) {
        throw new MaskletError('internal', 'The recorded frames are not those that were followed.');
      }
    };
    return this.#open({ files, name: file.name, options: {}, isRecording: true }, { live, check });
  }

  /**
   * Opens the video of a project, with what was done to it.
   * @param check throws when it is another video
   */
  async openProject(source: ChosenSource, { sample, work, check, fetchUrl }: KeptVideo): Promise<VideoInfo> {
    const fetchFiles = async (signal: AbortSignal) => [{ path: source.name, file: await fetchBlob(fetchUrl!, signal) }];
    return this.#open(source, { sample, work, check, ...(fetchUrl ? { fetchFiles } : {}) });
  }

  /** Opens the same source with other frames of it, and forgets what was done to it. As `openFiles`. */
  async openFrames(selection: FrameSelection): Promise<VideoInfo> {
    return this.#openAgain(({ framesPerSecond, part }) => ({ framesPerSecond, part, ...selection }));
  }

  /** Opens another of the videos in the same source, all of it, and forgets what was done to this one. As `openFiles`. */
  async openPart(part: number): Promise<VideoInfo> {
    return this.#openAgain(({ framesPerSecond }) => ({ framesPerSecond, part }));
  }

  async #openAgain(change: (options: OpenOptions) => OpenOptions): Promise<VideoInfo> {
    const source = this.#source;
    if (!source) throw new MaskletError('no-video', 'There is no video open. Open one first.');
    const { sample } = this.#context.store.getState().project;
    return this.#open({ ...source, options: change(source.options) }, { sample });
  }

  /** @throws `network`, and as `openFiles` */
  async openUrl(url: string, options: OpenOptions = {}, sample: SampleName | null = null): Promise<VideoInfo> {
    const name = fileNameOf(url);
    const fetchFiles = async (signal: AbortSignal) => [{ path: name, file: await fetchBlob(url, signal) }];
    return this.#open({ files: [], name, options }, { sample, fetchFiles });
  }

  async openSample(sample: Sample, baseUrl: string): Promise<VideoInfo> {
    return this.openUrl(new URL(sample.path, baseUrl).href, {}, sample.name);
  }

  async #open(
    { files: given, name, options, isRecording = false }: ChosenSource,
    { sample = null, live = null, work = null, fetchFiles, check }: Opening = {},
  ): Promise<VideoInfo> {
    const { store } = this.#context;
    this.#opening?.abort();
    const opening = new AbortController();
    this.#opening = opening;
    const { signal } = opening;
    patch(store, 'project', { opening: name });
    this.#context.dismiss('open');
    try {
      const files = fetchFiles ? await fetchFiles(signal) : given;
      signal.throwIfAborted();
      this.#player.pause();
      await this.#tracking.cancel();
      // Masks are shown, and kept, by the pictures of their own video.
      await this.#autosave.settle();
      const video = await this.#context.threads.media.open([...files], name, options, signal);
      signal.throwIfAborted();
      check?.(video);
      this.#source = { files, name, options, isRecording };
      // The end of a recording is missing where the disk was full.
      this.#begin(video, sample, live && { ...live, prompts: promptsBefore(live.prompts, video.frameCount) }, work);
      // Shown before the segment worker knows the video: the first frame does not wait for it.
      const shown = this.#presenter.show(store.getState().playback.frameIndex).catch((error: unknown) => {
        // The video is open all the same, and the other frames may be whole.
        if (!isOfFrame(error)) throw error;
      });
      await Promise.all([shown, this.#context.joined]);
      return video;
    } catch (error) {
      if (signal.aborted) throw new MaskletError('cancelled', 'Another video was opened.', { cause: error });
      this.#context.report('open', error);
      throw error;
    } finally {
      if (this.#opening === opening) {
        this.#opening = null;
        patch(store, 'project', { opening: null });
      }
    }
  }

  /** Leaves everything of the video before behind. */
  #begin(video: VideoInfo, sample: SampleName | null, live: LiveResult | null, work: KeptWork | null): void {
    const { store, threads } = this.#context;
    this.#context.generation++;
    this.#presenter.clear();
    this.#masks.clear();
    this.#context.joined = live ? threads.keepLive(video) : threads.joinVideo(video);
    if (work) this.#context.joined = this.#context.joined.then(() => this.#bringBack(video, work));
    this.#context.joined.catch((error: unknown) => this.#context.report('open', error));
    store.setState(({ project, view, model, notices }) => ({
      project: { ...project, video, sample },
      objects: live?.objects ?? work?.objects ?? noObjects,
      prompts: live?.prompts ?? work?.prompts ?? noPrompts,
      ...(work ? { settings: work.settings } : {}),
      answers: noAnswers,
      masklets: maskletsOf(live?.answers ?? [], video.frameCount),
      playback: {
        ...playbackAtStart,
        frameIndex: live ? firstPrompted(live) : (work?.place.frameIndex ?? 0),
        range: work?.place.range ?? null,
      },
      exporting: noExport,
      importing: noImport,
      tracking: notTracking,
      model: { ...model, msPerFrame: null },
      view: {
        ...view,
        selectedObject: live?.selectedObject ?? work?.place.selectedObject ?? null,
        selectedPoint: null,
        hoveredObject: null,
        cursor: null,
        comparison: 'off',
        pointLabel: 1,
        zoom: null,
        brushSize: Math.max(2, Math.round(Math.min(video.width, video.height) / 16)),
      },
      notices: notices.model ? { model: notices.model } : {},
    }));
    if (live) this.#startHistory(live, video.frameCount);
  }

  /** Its masks are in the state once the segment worker has them: they are asked for then. */
  async #bringBack(video: VideoInfo, { adopted, masklets, dismissed, onThere }: KeptWork): Promise<void> {
    const { store, threads, generation } = this.#context;
    await threads.segment.adopt(adopted);
    this.#context.checkGeneration(generation);
    this.#history.told = toldPrompts(adopted);
    store.setState(({ review }) => ({ masklets, review: { ...review, dismissed } }));
    onThere(video);
  }

  /** All that was followed live is one step: taken back, the recording is as if nothing had been clicked. */
  #startHistory({ emptySnapshot, objects, prompts }: LiveResult, frameCount: number): void {
    this.#history.told = prompts;
    if (emptySnapshot === null) return;
    const mark = {
      objects: { ...noObjects, nextId: objects.nextId },
      prompts: noPrompts,
      masklets: maskletsFor(frameCount),
      candidates: noAnswers.candidates,
      selectedObject: null,
    };
    this.#history.startWith('live', mark, emptySnapshot);
  }
}

/** What a project brings back, and who is told when it is there. */
export type KeptWork = RestoredWork & { onThere: (video: VideoInfo) => void };

type KeptVideo = {
  sample: SampleName | null;
  work: KeptWork;
  check: (video: VideoInfo) => void;
  /** Where its file is not at hand. */
  fetchUrl?: string | undefined;
};

/** Those whose masks are there; the others are still to be stated. */
function toldPrompts(adopted: RestoredWork['adopted']): PromptsState {
  let told = noPrompts;
  for (const { object, prompts, masks } of adopted) {
    const answered = new Set(masks.map(({ frameIndex }) => frameIndex));
    for (const { frameIndex, prompts: stated } of prompts) {
      if (answered.has(frameIndex)) told = statePrompts(told, object, frameIndex, stated);
    }
  }
  return told;
}

type Opening = {
  sample?: SampleName | null;
  /** What a project brings back. */
  work?: KeptWork | null;
  /** What was followed while it was recorded. */
  live?: LiveResult | null;
  /** Where they are not at hand. */
  fetchFiles?: (signal: AbortSignal) => Promise<SourceFile[]>;
  /** Throws when it is not what it should be. */
  check?: (video: VideoInfo) => void;
};

/** Containers round times, by less than this. */
const roundingUs = 500;

/** Frame n of the video is frame n of the list. The list may go on: what was not written when the disk was full. */
function isNumberedAs({ timestampsUs }: VideoInfo, recordedUs: readonly number[]): boolean {
  const isSame = (timeUs: number, n: number) => Math.abs(timeUs - (recordedUs[n] ?? -Infinity)) < roundingUs;
  return timestampsUs.every(isSame);
}

/** Where there is something to see. */
function firstPrompted({ objects, prompts }: LiveResult): number {
  const first = Math.min(...objects.list.flatMap(({ id }) => promptedFrames(prompts, id)));
  return Number.isFinite(first) ? first : 0;
}

async function fetchBlob(url: string, signal: AbortSignal): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new MaskletError('network', `${url} could not be fetched. Check the connection and try again.`, {
      cause: error,
    });
  }
  if (!response.ok)
    throw new MaskletError(
      'network',
      `${url} could not be fetched: its server answers ${response.status}. Check the address.`,
    );
  try {
    return await response.blob();
  } catch (error) {
    throw new MaskletError('network', `The connection to ${url} broke. Try again.`, { cause: error });
  }
}

function fileNameOf(url: string): string {
  const last = new URL(url).pathname.split('/').pop() ?? '';
  try {
    return decodeURIComponent(last) || 'video';
  } catch {
    return last;
  }
}
