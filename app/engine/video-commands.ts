/** Opens videos: files, an address or a sample. The video before stays until the next one is there. */
import { MaskletError } from '../../workers/protocol/errors';
import type { FrameSelection, OpenOptions, SourceFile } from '../../workers/protocol/media-contract';
import type { VideoInfo } from '../../workers/protocol/video';
import { noAnswers } from '../state/answers';
import { noExport } from '../state/exporting';
import { maskletsFor } from '../state/masklets';
import { noObjects } from '../state/objects';
import { playbackAtStart } from '../state/playback';
import { noPrompts } from '../state/prompts';
import { patch } from '../state/store';
import type { EngineContext } from './context';
import type { FrameMasks } from './frame-masks';
import type { FramePresenter } from './frame-presenter';
import type { Player } from './player';
import type { SampleName } from '../state/project';
import type { Sample } from './samples';
import { sourceName, type ChosenSource } from './source-files';
import type { TrackCommands } from './track-commands';

export class VideoCommands {
  readonly #context: EngineContext;
  readonly #presenter: FramePresenter;
  readonly #masks: FrameMasks;
  readonly #player: Player;
  readonly #tracking: TrackCommands;
  #opening: AbortController | null = null;
  #source: ChosenSource | null = null;

  constructor(
    context: EngineContext,
    presenter: FramePresenter,
    masks: FrameMasks,
    player: Player,
    tracking: TrackCommands,
  ) {
    this.#context = context;
    this.#presenter = presenter;
    this.#masks = masks;
    this.#player = player;
    this.#tracking = tracking;
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

  /** Opens the same source with other frames of it, and forgets what was done to it. As `openFiles`. */
  async openFrames(selection: FrameSelection): Promise<VideoInfo> {
    const source = this.#source;
    if (!source) throw new MaskletError('no-video', 'There is no video open. Open one first.');
    const { framesPerSecond } = source.options;
    const options = { ...(framesPerSecond === undefined ? {} : { framesPerSecond }), ...selection };
    return this.#open({ ...source, options }, this.#context.store.getState().project.sample);
  }

  /** @throws `network`, and as `openFiles` */
  async openUrl(url: string, options: OpenOptions = {}, sample: SampleName | null = null): Promise<VideoInfo> {
    const name = fileNameOf(url);
    return this.#open({ files: [], name, options }, sample, async (signal) => [
      { path: name, file: await fetchBlob(url, signal) },
    ]);
  }

  async openSample(sample: Sample, baseUrl: string): Promise<VideoInfo> {
    return this.openUrl(new URL(sample.path, baseUrl).href, {}, sample.name);
  }

  /** @param fetchFiles where they are not at hand */
  async #open(
    { files: given, name, options }: ChosenSource,
    sample: SampleName | null = null,
    fetchFiles?: (signal: AbortSignal) => Promise<SourceFile[]>,
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
      const video = await this.#context.threads.media.open([...files], name, options, signal);
      signal.throwIfAborted();
      this.#source = { files, name, options };
      this.#begin(video, sample);
      // Shown before the segment worker knows the video: the first frame does not wait for it.
      await Promise.all([this.#presenter.show(0), this.#context.joined]);
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
  #begin(video: VideoInfo, sample: SampleName | null): void {
    const { store, threads } = this.#context;
    this.#context.generation++;
    this.#presenter.clear();
    this.#masks.clear();
    store.setState(({ project, view, model, notices }) => ({
      project: { ...project, video, sample },
      objects: noObjects,
      prompts: noPrompts,
      answers: noAnswers,
      masklets: maskletsFor(video.frameCount),
      playback: playbackAtStart,
      exporting: noExport,
      model: { ...model, msPerFrame: null },
      view: {
        ...view,
        selectedObject: null,
        selectedPoint: null,
        hoveredObject: null,
        cursor: null,
        pointLabel: 1,
        zoom: null,
        brushSize: Math.max(2, Math.round(Math.min(video.width, video.height) / 16)),
      },
      notices: notices.model ? { model: notices.model } : {},
    }));
    this.#context.joined = threads.joinVideo(video);
    this.#context.joined.catch((error: unknown) => this.#context.report('open', error));
  }
}

async function fetchBlob(url: string, signal: AbortSignal): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new MaskletError('network', `${url} could not be fetched.`, { cause: error });
  }
  if (!response.ok) throw new MaskletError('network', `${url} answered ${response.status}.`);
  try {
    return await response.blob();
  } catch (error) {
    throw new MaskletError('network', `The connection to ${url} broke.`, { cause: error });
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
