/** The three workers of a page and the calls to them. */
import { MaskletError } from '../../workers/protocol/errors';
import type { ExportApi } from '../../workers/protocol/export-contract';
import type { MediaApi } from '../../workers/protocol/media-contract';
import { connect, moving, type Remote } from '../../workers/protocol/rpc';
import type { LiveSource, SegmentApi, TrackerApi } from '../../workers/protocol/segment-contract';
import type { VideoInfo } from '../../workers/protocol/video';
import { deferred } from './deferred';

export type ThreadName = 'media' | 'segment' | 'export' | 'store';

export type Thread = {
  endpoint: Parameters<typeof connect>[0];
  /** Rejects when the thread can never answer again. */
  failed: Promise<never>;
  stop(): void;
};

/** How a thread comes to be: workers in the page, in-memory fakes in tests. */
export type StartThread = (name: ThreadName) => Thread;

export class Threads {
  readonly media: Remote<MediaApi>;
  readonly segment: Remote<SegmentApi>;
  readonly #start: StartThread;
  readonly #onFailed: (name: ThreadName, error: unknown) => void;
  readonly #running: Thread[] = [];
  readonly #ended = deferred<never>();
  #exporter: Promise<Remote<ExportApi>> | null = null;

  /** @param onFailed called when a thread that holds something has failed, and never after `stop` */
  constructor(start: StartThread, onFailed: (name: ThreadName, error: unknown) => void) {
    this.#start = start;
    this.#ended.promise.catch(() => undefined);
    this.#onFailed = onFailed;
    this.media = this.#connect<MediaApi>('media');
    this.segment = this.#connect<SegmentApi>('segment');
  }

  /** Rejects when one that holds something has failed, or all were stopped. */
  get ended(): Promise<never> {
    return this.#ended.promise;
  }

  /** Opens the video that the media worker has open in the segment worker; frames then go between the two. */
  async joinVideo(video: VideoInfo): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    await Promise.all([
      this.media.connect(moving(port1, [port1])),
      this.segment.openVideo(video, moving(port2, [port2])),
    ]);
  }

  /** Opens what the media worker records in the segment worker, beside the open video. @returns its objects */
  async openLive(source: LiveSource): Promise<Remote<TrackerApi>> {
    const frames = new MessageChannel();
    const calls = new MessageChannel();
    await Promise.all([
      this.media.connectRecording(moving(frames.port1, [frames.port1])),
      this.segment.openLive(source, moving(frames.port2, [frames.port2]), moving(calls.port1, [calls.port1])),
    ]);
    return connect<TrackerApi>(calls.port2, this.#ended.promise);
  }

  /** As `joinVideo`, for a video whose objects were followed while it was recorded: they stay. */
  async keepLive(video: VideoInfo): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    await Promise.all([
      this.media.connect(moving(port1, [port1])),
      this.segment.keepLive(video, moving(port2, [port2])),
    ]);
  }

  /** The export worker, started when it is first needed. */
  async exporter(): Promise<Remote<ExportApi>> {
    this.#exporter ??= this.#startExporter();
    return this.#exporter;
  }

  /** Ends the threads and rejects, as cancelled, what is still asked of them. */
  stop(): void {
    this.#ended.reject(new MaskletError('cancelled', 'The workers were restarted.'));
    for (const thread of this.#running.splice(0)) thread.stop();
  }

  async #startExporter(): Promise<Remote<ExportApi>> {
    const exporter = this.#connect<ExportApi>('export');
    const { port1, port2 } = new MessageChannel();
    await Promise.all([this.segment.connect(moving(port1, [port1])), exporter.connect(moving(port2, [port2]))]);
    // A promise of a remote, not a remote: its `then` would be a call to the worker.
    return exporter;
  }

  #connect<T>(name: ThreadName): Remote<T> {
    const thread = this.#start(name);
    this.#running.push(thread);
    thread.failed.catch((error: unknown) => {
      if (!this.#running.includes(thread)) return;
      if (name === 'export') {
        // It holds nothing: the next export starts another one.
        this.#exporter = null;
        return;
      }
      this.#ended.reject(error);
      this.#onFailed(name, error);
    });
    const failed = Promise.race([thread.failed, this.#ended.promise]);
    // Without a call under way nobody else would take the rejection.
    failed.catch(() => undefined);
    return connect<T>(thread.endpoint, failed);
  }
}
