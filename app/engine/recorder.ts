/**
 * Records a camera or the screen and opens the file as any other. Every frame is encoded by the media worker, which
 * numbers it; what it can't keep up with is dropped and counted, and nothing is queued. What is shown, and clicked,
 * are frames that have a number already.
 */
import { asMaskletError, type ErrorCode } from '../../workers/protocol/errors';
import type { RecordedFrame } from '../../workers/protocol/media-contract';
import type { PointLabel } from '../../workers/protocol/prompt';
import { moving } from '../../workers/protocol/rpc';
import type { RecordingFailure, RecordingSource } from '../state/recording';
import { notRecording } from '../state/recording';
import { nothingLive } from '../state/live';
import { patch } from '../state/store';
import type { EngineContext } from './context';
import { download } from './download';
import { Leftovers } from './leftovers';
import { askForSource, failureOfSource, framesMadeBy, RecordingRefusal, release, type VideoTrack } from './live-source';
import { LiveTracker, type LiveFigures } from './live-tracker';
import type { ModelCommands } from './model-commands';
import type { Player } from './player';
import { recordedFile, type DiskFile, type RecordingDevices } from './recording-devices';
import { sourceFiles } from './source-files';
import type { TrackCommands } from './track-commands';
import type { VideoCommands } from './video-commands';

export type RecordingFigures = LiveFigures & {
  elapsedMs: number;
  recordedFrames: number;
  /** Frames that came and are not in the recording. */
  droppedFrames: number;
};

/** A frame of the source, with its number in the recording. */
export type NumberedFrame = RecordedFrame & { readonly frame: VideoFrame };

type Session = {
  source: RecordingSource;
  live: LiveTracker;
  stream: MediaStream | null;
  reader: ReadableStreamDefaultReader<VideoFrame> | null;
  file: DiskFile | null;
  startedMs: number;
  endedMs: number | null;
  madeAtStart: number;
  seenFrames: number;
  droppedFrames: number;
  /** Of the frames recorded so far. */
  timestampsUs: number[];
  underWay: Set<Promise<void>>;
  failure: RecordingFailure | null;
};

/** Frames on their way to the media worker and back. It refuses what it has no time for. */
const maxUnderWay = 4;
/** Frames that the browser may hold for a reader that is late. */
const slack = 8;

export class Recorder {
  readonly leftovers: Leftovers;
  readonly #context: EngineContext;
  readonly #model: ModelCommands;
  readonly #video: VideoCommands;
  readonly #player: Player;
  readonly #tracking: TrackCommands;
  readonly #devices: RecordingDevices;
  readonly #listeners = new Set<() => void>();
  #session: Session | null = null;
  #shown: NumberedFrame | null = null;
  #ending: Promise<unknown> = Promise.resolve();
  #last: { file: File; capturedFrames: number | null; disk: DiskFile } | null = null;

  constructor(
    context: EngineContext,
    model: ModelCommands,
    video: VideoCommands,
    player: Player,
    tracking: TrackCommands,
    devices: RecordingDevices,
  ) {
    this.#context = context;
    this.#model = model;
    this.#video = video;
    this.#player = player;
    this.#tracking = tracking;
    this.#devices = devices;
    this.leftovers = new Leftovers(context, devices);
  }

  /** Borrowed: valid until the next one is shown. Null before the first. */
  get shown(): NumberedFrame | null {
    return this.#shown;
  }

  /** What is followed in the picture; null while nothing is recorded. */
  get live(): LiveTracker | null {
    return this.#session?.live ?? null;
  }

  /** The open video, when it was recorded here; null otherwise. */
  get opened(): { file: File; capturedFrames: number | null } | null {
    const { files = [] } = this.#video.source ?? {};
    return this.#last && files[0]?.file === this.#last.file ? this.#last : null;
  }

  /** Phones have no screen to share. */
  hasScreen(): boolean {
    return this.#devices.mediaDevices?.getDisplayMedia !== undefined;
  }

  figures(): RecordingFigures {
    const session = this.#session;
    if (!session) return { elapsedMs: 0, recordedFrames: 0, droppedFrames: 0, ...nothingFollowed };
    const { startedMs, endedMs, seenFrames, droppedFrames, timestampsUs, live } = session;
    const elapsedMs = startedMs > 0 ? (endedMs ?? this.#context.clock.nowMs()) - startedMs : 0;
    // What the browser had no room for, or the page was too late for, it never saw.
    const missed = Math.max(0, this.#madeFrames(session) - seenFrames - slack);
    return {
      elapsedMs,
      recordedFrames: timestampsUs.length,
      droppedFrames: droppedFrames + missed,
      ...live.figures(),
    };
  }

  /** Asks for the source and records it until `stop` or `discard`, or until it ends by itself. One at a time. */
  async start(source: RecordingSource): Promise<void> {
    if (this.#session) return;
    this.#player.pause();
    const session: Session = {
      source,
      live: new LiveTracker(this.#context, this.#model),
      stream: null,
      reader: null,
      file: null,
      startedMs: 0,
      endedMs: null,
      madeAtStart: 0,
      seenFrames: 0,
      droppedFrames: 0,
      timestampsUs: [],
      underWay: new Set(),
      failure: null,
    };
    this.#session = session;
    this.#context.store.setState({ recording: { ...notRecording, phase: 'asking', source } });
    try {
      const stream = await askForSource(this.#devices, source);
      if (this.#session !== session) {
        release(stream);
        return;
      }
      session.stream = stream;
      await this.#record(session, stream);
    } catch (error) {
      if (this.#session === session) this.#fail(session, failureOfSource(error));
    }
  }

  /** Ends the recording and opens it. */
  stop(): void {
    const session = this.#session;
    if (!session?.reader || session.endedMs !== null) return;
    session.endedMs = this.#context.clock.nowMs();
    patch(this.#context.store, 'recording', { phase: 'stopping' });
    session.reader.cancel().catch(() => undefined);
  }

  /** Gives the source back and forgets what was recorded; clears a failure. */
  discard(): void {
    const session = this.#session;
    this.#session = null;
    if (session) this.#giveUp(session);
    this.#context.store.setState({ recording: notRecording, live: nothingLive });
  }

  /**
   * A point on the frame shown.
   * @returns false for a negative point on something that has no positive one
   */
  async point(at: { xNorm: number; yNorm: number }, label: PointLabel): Promise<boolean> {
    const shown = this.#shown;
    if (!shown || !this.#session || this.#session.endedMs !== null) return true;
    const { displayWidth: width, displayHeight: height } = shown.frame;
    return this.#session.live.point({ width, height }, shown.frameIndex, at, label);
  }

  /** Calls `listener` when another frame is shown. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Offers the recording as a file: the open one, or one that can't be opened now. */
  async save(): Promise<void> {
    if (!this.#last) return;
    const { file, disk } = this.#last;
    download(file, file.name);
    await disk.markSaved();
  }

  /** Opens a recording that was left behind. @throws as `MediaApi.open` */
  async openLeftover(name: string): Promise<void> {
    const disk = this.leftovers.byName(name);
    if (!disk) return;
    await disk.hold();
    const file = await recordedFile(disk);
    if (!file) return;
    this.#last = { file, capturedFrames: null, disk };
    await this.#video.openFiles(sourceFiles([file]));
    this.leftovers.forget(name);
  }

  async #record(session: Session, stream: MediaStream): Promise<void> {
    const { store, threads, clock } = this.#context;
    const [track] = stream.getVideoTracks() as VideoTrack[];
    if (!track) throw new RecordingRefusal('no-device');
    await this.#tracking.cancel();
    // The one before may still be given up.
    await this.#ending;
    const file = await this.#devices.createFile(session.source);
    if (this.#session !== session) {
      await file.remove();
      return;
    }
    session.file = file;
    const { frameRate = 30 } = track.getSettings();
    await threads.media.startRecording({ file: file.handle, framesPerSecond: frameRate });
    if (this.#session !== session) return;
    const tellMuted = () => patch(store, 'recording', { isMuted: track.muted });
    track.addEventListener('mute', tellMuted);
    track.addEventListener('unmute', tellMuted);
    session.reader = this.#devices.framesOf!(track).getReader();
    session.madeAtStart = framesMadeBy(track) ?? 0;
    session.startedMs = clock.nowMs();
    patch(store, 'recording', { phase: 'recording', isMuted: track.muted });
    void this.#pump(session, session.reader);
  }

  /** Until the source ends, whoever ended it: the person, the system, or a failure. */
  async #pump(session: Session, reader: ReadableStreamDefaultReader<VideoFrame>): Promise<void> {
    try {
      for (;;) {
        const { value: frame } = await reader.read();
        if (!frame) break;
        session.seenFrames++;
        if (session.underWay.size >= maxUnderWay) {
          session.droppedFrames++;
          frame.close();
          continue;
        }
        const taken: Promise<void> = this.#take(session, frame).finally(() => session.underWay.delete(taken));
        session.underWay.add(taken);
      }
    } catch (error) {
      session.failure ??= failureOfRecording(error);
    }
    await this.#finish(session);
  }

  async #take(session: Session, frame: VideoFrame): Promise<void> {
    const copy = frame.clone();
    try {
      const recorded = await this.#context.threads.media.recordFrame(moving(frame, [frame]));
      if (recorded === null) session.droppedFrames++;
      else session.timestampsUs.push(recorded.timestampUs);
      if (recorded === null || this.#session !== session) copy.close();
      else {
        this.#show({ ...recorded, frame: copy });
        session.live.offer(recorded.frameIndex);
      }
    } catch (error) {
      copy.close();
      session.failure ??= failureOfRecording(error);
      session.reader?.cancel().catch(() => undefined);
    }
  }

  async #finish(session: Session): Promise<void> {
    const { store, threads, clock } = this.#context;
    await Promise.all(session.underWay);
    if (this.#session !== session) return;
    session.endedMs ??= clock.nowMs();
    patch(store, 'recording', { phase: 'stopping' });
    const capturedFrames = Math.max(session.seenFrames, this.#madeFrames(session));
    if (session.stream) release(session.stream);
    // What is under way may still ask for recorded frames.
    const live = await session.live.finish();
    await threads.media.finishRecording().catch((error: unknown) => (session.failure ??= failureOfRecording(error)));
    const disk = session.file;
    const file = disk && (await recordedFile(disk).catch(() => null));
    if (this.#session !== session) return;
    if (!file || session.timestampsUs.length === 0) {
      this.#fail(session, session.failure === 'ran-out' ? 'no-room' : (session.failure ?? 'empty'));
      return;
    }
    this.#last = { file, capturedFrames, disk };
    try {
      await this.#video.openRecording(file, live, session.timestampsUs);
    } catch {
      // The video that was open before still is.
      await session.live.close();
      this.#end(session, 'not-opened');
      return;
    }
    this.#end(session, session.failure);
  }

  #show(shown: NumberedFrame): void {
    this.#shown?.frame.close();
    this.#shown = shown;
    for (const listener of this.#listeners) listener();
  }

  #fail(session: Session, failure: RecordingFailure): void {
    this.#end(session, failure);
    this.#giveUp(session);
  }

  #end(session: Session, failure: RecordingFailure | null): void {
    if (this.#session === session) this.#session = null;
    this.#shown?.frame.close();
    this.#shown = null;
    const { source } = session;
    const recording = failure ? { ...notRecording, phase: 'failed' as const, source, failure } : notRecording;
    this.#context.store.setState({ recording, live: nothingLive });
  }

  #giveUp({ stream, reader, live, underWay, file }: Session): void {
    this.#shown?.frame.close();
    this.#shown = null;
    if (stream) release(stream);
    reader?.cancel().catch(() => undefined);
    const clearAway = async () => {
      await live.close();
      await Promise.all(underWay);
      if (!file) return;
      await this.#context.threads.media.discardRecording().catch(() => undefined);
      await file.remove();
    };
    this.#ending = Promise.all([this.#ending, clearAway()]);
  }

  #madeFrames({ stream, madeAtStart }: Session): number {
    const [track] = (stream?.getVideoTracks() ?? []) as VideoTrack[];
    return (framesMadeBy(track) ?? madeAtStart) - madeAtStart;
  }
}

const nothingFollowed: LiveFigures = { passedFrames: 0, trackedFrames: 0, framesPerSecond: null };

function failureOfRecording(error: unknown): RecordingFailure {
  const failures: Partial<Record<ErrorCode, RecordingFailure>> = {
    'storage-full': 'ran-out',
    'unsupported-codec': 'unsupported',
  };
  return failures[asMaskletError(error).code] ?? 'broke-off';
}
