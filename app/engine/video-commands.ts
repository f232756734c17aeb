/** Opens videos: a file, an address or a sample. The video before stays until the next one is there. */
import { MaskletError } from '../../workers/protocol/errors';
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
import type { Sample } from './samples';
import type { TrackCommands } from './track-commands';

export class VideoCommands {
  readonly #context: EngineContext;
  readonly #presenter: FramePresenter;
  readonly #masks: FrameMasks;
  readonly #player: Player;
  readonly #tracking: TrackCommands;
  #opening: AbortController | null = null;
  #file: File | null = null;

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

  /** The file of the open video, to open it again after a restart. */
  get file(): File | null {
    return this.#file;
  }

  /**
   * @throws `not-a-video`, `unsupported-container`, `unsupported-codec`, `no-frames`, `truncated-file`,
   * `frame-too-large`, `cancelled` when another opening came meanwhile
   */
  async openFile(file: File): Promise<VideoInfo> {
    return this.#open(file.name, null, async () => file);
  }

  /** @throws `network`, and as `openFile` */
  async openUrl(url: string, credit: string | null = null): Promise<VideoInfo> {
    const name = fileNameOf(url);
    return this.#open(name, credit, async (signal) => new File([await fetchBlob(url, signal)], name));
  }

  async openSample(sample: Sample, baseUrl: string): Promise<VideoInfo> {
    return this.openUrl(new URL(sample.path, baseUrl).href, sample.credit);
  }

  async #open(name: string, credit: string | null, read: (signal: AbortSignal) => Promise<File>): Promise<VideoInfo> {
    const { store } = this.#context;
    this.#opening?.abort();
    const opening = new AbortController();
    this.#opening = opening;
    const { signal } = opening;
    patch(store, 'project', { opening: name });
    this.#context.dismiss('open');
    try {
      const file = await read(signal);
      signal.throwIfAborted();
      this.#player.pause();
      await this.#tracking.cancel();
      const video = await this.#context.threads.media.open([{ path: name, file }], name, {}, signal);
      signal.throwIfAborted();
      this.#file = file;
      this.#begin(video, credit);
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
  #begin(video: VideoInfo, credit: string | null): void {
    const { store, threads } = this.#context;
    this.#context.generation++;
    this.#presenter.clear();
    this.#masks.clear();
    store.setState(({ project, view, model, notices }) => ({
      project: { ...project, video, credit },
      objects: noObjects,
      prompts: noPrompts,
      answers: noAnswers,
      masklets: maskletsFor(video.frameCount),
      playback: playbackAtStart,
      exporting: noExport,
      model: { ...model, msPerFrame: null },
      view: { ...view, selectedObject: null, cursor: null, pointLabel: 1 },
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
