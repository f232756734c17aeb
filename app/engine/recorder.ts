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
import { LiveTracker, type LiveFigures } from './live-tracker';
import type { ModelCommands } from './model-commands';
import type { Player } from './player';
import { sourceFiles } from './source-files';
import type { TrackCommands } from './track-commands';
import type { VideoCommands } from './video-commands';

/** What the browser has for it; some lack a part, and insecure addresses lack `mediaDevices`. */
export type RecordingDevices = {
  isSecure: boolean;
  mediaDevices: Partial<Pick<MediaDevices, 'getUserMedia' | 'getDisplayMedia'>> | undefined;
  /** Frames of a live track as they come, the newest when the reader is late; undefined where they can't be had. */
  framesOf: ((track: MediaStreamTrack) => ReadableStream<VideoFrame>) | undefined;
  /** An empty file on the browser's own disk. */
  createFile(source: RecordingSource): Promise<DiskFile>;
  /** Files of pages that are gone, which were neither saved nor discarded. */
  findLeftovers(): Promise<DiskFile[]>;
};

export type DiskFile = {
  name: string;
  source: RecordingSource;
  handle: FileSystemFileHandle;
  /** Another page no longer takes it for a leftover. */
  hold(): Promise<void>;
  /** It need not outlive this page any more. */
  markSaved(): Promise<void>;
  remove(): Promise<void>;
};

export type RecordingFigures = LiveFigures & {
  elapsedMs: number;
  recordedFrames: number;
  /** Frames that came and are not in the recording. */
  droppedFrames: number;
};

/** A frame of the source, with its number in the recording. */
export type NumberedFrame = RecordedFrame & { readonly frame: VideoFrame };

/** `MediaStreamTrack.stats`, W3C Media Capture Extensions; not in every browser. */
type VideoTrack = MediaStreamTrack & { stats?: { totalFrames: number; discardedFrames: number } };

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
  #leftovers: DiskFile[] = [];
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
      const stream = await this.#ask(source);
      if (this.#session !== session) {
        release(stream);
        return;
      }
      session.stream = stream;
      await this.#record(session, stream);
    } catch (error) {
      if (this.#session === session) this.#fail(session, failureOf(error));
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

  /** Looks for recordings that earlier pages left behind, to be offered. */
  async findLeftovers(): Promise<void> {
    const found = await this.#devices.findLeftovers().catch(() => []);
    const dated = await Promise.all(
      found.map(async (disk) => ({ disk, recordedAtMs: (await disk.handle.getFile()).lastModified })),
    );
    dated.sort((a, b) => b.recordedAtMs - a.recordedAtMs);
    this.#leftovers = dated.map(({ disk }) => disk);
    const list = dated.map(({ disk: { name, source }, recordedAtMs }) => ({ name, source, recordedAtMs }));
    patch(this.#context.store, 'leftovers', { list });
  }

  /** Opens a recording that was left behind. @throws as `MediaApi.open` */
  async openLeftover(name: string): Promise<void> {
    const disk = this.#leftovers.find((leftover) => leftover.name === name);
    if (!disk) return;
    await disk.hold();
    const file = await this.#fileOf(disk);
    if (!file) return;
    this.#last = { file, capturedFrames: null, disk };
    await this.#video.openFiles(sourceFiles([file]));
    this.#forgetLeftover(name);
  }

  async deleteLeftover(name: string): Promise<void> {
    await this.#leftovers.find((leftover) => leftover.name === name)?.remove();
    this.#forgetLeftover(name);
  }

  #forgetLeftover(name: string): void {
    this.#leftovers = this.#leftovers.filter((leftover) => leftover.name !== name);
    const { list } = this.#context.store.getState().leftovers;
    patch(this.#context.store, 'leftovers', { list: list.filter((leftover) => leftover.name !== name) });
  }

  /** @throws DOMException as `getUserMedia` and `getDisplayMedia`; RecordingRefusal where they are missing */
  async #ask(source: RecordingSource): Promise<MediaStream> {
    const { isSecure, mediaDevices, framesOf } = this.#devices;
    if (!isSecure) throw new RecordingRefusal('insecure');
    if (!framesOf) throw new RecordingRefusal('unsupported');
    // No sound: a microphone would be one more thing to trust the page with, and masks need none.
    if (source === 'screen') {
      if (!mediaDevices?.getDisplayMedia) throw new RecordingRefusal('unsupported');
      return mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 30 } }, audio: false });
    }
    if (!mediaDevices?.getUserMedia) throw new RecordingRefusal('unsupported');
    return mediaDevices.getUserMedia({
      video: {
        width: { ideal: 1280 },
        height: { ideal: 720 },
        frameRate: { ideal: 30 },
        facingMode: { ideal: 'environment' },
      },
      audio: false,
    });
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
    session.madeAtStart = madeBy(track) ?? 0;
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
    const file = disk && (await this.#fileOf(disk).catch(() => null));
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

  /** As it is called when it is saved. What is on disk is not copied. */
  async #fileOf({ handle, source }: DiskFile): Promise<File | null> {
    const onDisk = await handle.getFile();
    if (onDisk.size === 0) return null;
    const date = new Date(onDisk.lastModified);
    return new File([onDisk], recordingName(source, date), { type: 'video/mp4', lastModified: onDisk.lastModified });
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
    return (madeBy(track) ?? madeAtStart) - madeAtStart;
  }
}

const nothingFollowed: LiveFigures = { passedFrames: 0, trackedFrames: 0, framesPerSecond: null };

class RecordingRefusal extends Error {
  readonly failure: RecordingFailure;

  constructor(failure: RecordingFailure) {
    super(failure);
    this.failure = failure;
  }
}

/** W3C Media Capture and Streams §10.2, Screen Capture §5.1; of the file, the File System standard's. */
function failureOf(error: unknown): RecordingFailure {
  if (error instanceof RecordingRefusal) return error.failure;
  const failures: Record<string, RecordingFailure> = {
    NotAllowedError: 'denied',
    SecurityError: 'denied',
    AbortError: 'denied',
    NotFoundError: 'no-device',
    OverconstrainedError: 'no-device',
    NotReadableError: 'busy',
    QuotaExceededError: 'no-room',
  };
  const byName = failures[error instanceof Error || error instanceof DOMException ? error.name : ''];
  return byName ?? (asMaskletError(error).code === 'storage-full' ? 'no-room' : 'unsupported');
}

function failureOfRecording(error: unknown): RecordingFailure {
  const failures: Partial<Record<ErrorCode, RecordingFailure>> = {
    'storage-full': 'ran-out',
    'unsupported-codec': 'unsupported',
  };
  return failures[asMaskletError(error).code] ?? 'broke-off';
}

/** Frames of the source, less those left out to keep to the frame rate that was asked for. */
function madeBy(track: VideoTrack | undefined): number | null {
  return track?.stats ? track.stats.totalFrames - track.stats.discardedFrames : null;
}

/** The camera's light goes off. */
function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** `camera 2026-11-21 14.03.mp4`, by the clock on the wall. */
export function recordingName(source: RecordingSource, date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${source} ${day} ${two(date.getHours())}.${two(date.getMinutes())}.mp4`;
}
