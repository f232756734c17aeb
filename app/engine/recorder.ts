/**
 * Records a camera or the screen by the browser's own encoder, and opens the file as any other. What the encoder can't
 * keep up with it drops: nothing is queued here, and chunks are Blobs, which the browser may keep on disk.
 */
import type { RecordingFailure, RecordingSource } from '../state/recording';
import { notRecording } from '../state/recording';
import { patch } from '../state/store';
import type { EngineContext } from './context';
import { download } from './download';
import type { Player } from './player';
import { sourceFiles } from './source-files';
import type { VideoCommands } from './video-commands';

/** What the browser has for it; some lack a part, and insecure addresses lack `mediaDevices`. */
export type RecordingDevices = {
  isSecure: boolean;
  mediaDevices: Partial<Pick<MediaDevices, 'getUserMedia' | 'getDisplayMedia'>> | undefined;
  MediaRecorder: typeof MediaRecorder | undefined;
};

export type RecordingFigures = {
  elapsedMs: number;
  /** Frames that the source delivered since the recording began; null where the browser does not count them. */
  capturedFrames: number | null;
  /** Frames that the source made and the browser threw away before the encoder. */
  discardedFrames: number | null;
};

/** `MediaStreamTrack.stats`, W3C Media Capture Extensions; not in every browser. */
type TrackStats = { deliveredFrames: number; discardedFrames: number };
type VideoTrack = MediaStreamTrack & { stats?: TrackStats };

type Session = {
  source: RecordingSource;
  stream: MediaStream | null;
  recorder: MediaRecorder | null;
  chunks: Blob[];
  startedMs: number;
  statsAtStart: TrackStats | null;
  /** As they were when it ended. */
  figures: RecordingFigures | null;
  hasBroken: boolean;
};

const chunkMs = 1000;
/** Seeking decodes from a key frame on. */
const keyFrameMs = 1000;
const bitsPerPixel = 0.2;

const mp4 = ['video/mp4;codecs=avc1'];
const webm = ['video/webm;codecs=vp9', 'video/webm;codecs=vp8'];
/** The size of a shared window may change on the way, which H.264 in MP4 can not follow. */
const mimeTypes: Record<RecordingSource, readonly string[]> = {
  camera: [...mp4, ...webm],
  screen: [...webm, ...mp4],
};

export class Recorder {
  readonly #context: EngineContext;
  readonly #video: VideoCommands;
  readonly #player: Player;
  readonly #devices: RecordingDevices;
  #session: Session | null = null;
  #last: { file: File; capturedFrames: number | null } | null = null;

  constructor(context: EngineContext, video: VideoCommands, player: Player, devices: RecordingDevices) {
    this.#context = context;
    this.#video = video;
    this.#player = player;
    this.#devices = devices;
  }

  /** For the live preview; null while nothing is recorded. */
  get stream(): MediaStream | null {
    return this.#session?.stream ?? null;
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
    return session ? (session.figures ?? this.#figuresOf(session)) : nothingYet;
  }

  /** Asks for the source and records it until `stop` or `discard`, or until it ends by itself. One at a time. */
  async start(source: RecordingSource): Promise<void> {
    if (this.#session) return;
    this.#player.pause();
    const session: Session = {
      source,
      stream: null,
      recorder: null,
      chunks: [],
      startedMs: 0,
      statsAtStart: null,
      figures: null,
      hasBroken: false,
    };
    this.#session = session;
    patch(this.#context.store, 'recording', { phase: 'asking', source, failure: null });
    try {
      const stream = await this.#ask(source);
      if (this.#session !== session) {
        release(stream);
        return;
      }
      session.stream = stream;
      this.#record(session, stream);
    } catch (error) {
      if (this.#session === session) this.#fail(session, failureOf(error));
    }
  }

  /** Ends the recording and opens it. */
  stop(): void {
    const session = this.#session;
    if (!session?.recorder || session.recorder.state === 'inactive') return;
    session.figures = this.#figuresOf(session);
    patch(this.#context.store, 'recording', { phase: 'stopping' });
    session.recorder.stop();
  }

  /** Gives the source back and forgets what was recorded; clears a failure. */
  discard(): void {
    const session = this.#session;
    this.#session = null;
    if (session) end(session);
    this.#context.store.setState({ recording: notRecording });
  }

  /** Offers the open recording as a file. */
  save(): void {
    if (this.opened) download(this.opened.file, this.opened.file.name);
  }

  /** @throws DOMException as `getUserMedia` and `getDisplayMedia`; RecordingRefusal where they are missing */
  async #ask(source: RecordingSource): Promise<MediaStream> {
    const { isSecure, mediaDevices, MediaRecorder } = this.#devices;
    if (!isSecure) throw new RecordingRefusal('insecure');
    if (!MediaRecorder) throw new RecordingRefusal('unsupported');
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

  #record(session: Session, stream: MediaStream): void {
    const { source } = session;
    const Recorder = this.#devices.MediaRecorder!;
    const [track] = stream.getVideoTracks() as VideoTrack[];
    const { width = 1280, height = 720, frameRate = 30 } = track?.getSettings() ?? {};
    const mimeType = mimeTypes[source].find((type) => Recorder.isTypeSupported(type));
    const options = {
      ...(mimeType === undefined ? {} : { mimeType }),
      videoBitsPerSecond: Math.round(width * height * Math.min(frameRate, 30) * bitsPerPixel),
      videoKeyFrameIntervalDuration: keyFrameMs,
    };
    const recorder = new Recorder(stream, options);
    session.recorder = recorder;
    recorder.addEventListener('dataavailable', ({ data }) => {
      if (data.size > 0) session.chunks.push(data);
    });
    recorder.addEventListener('error', () => (session.hasBroken = true));
    // Comes after the last chunk, whoever ended it: the person, the source, or a failure.
    recorder.addEventListener('stop', () => void this.#finish(session));
    recorder.start(chunkMs);
    session.startedMs = this.#context.clock.nowMs();
    session.statsAtStart = track?.stats ? read(track.stats) : null;
    patch(this.#context.store, 'recording', { phase: 'recording' });
  }

  async #finish(session: Session): Promise<void> {
    if (this.#session !== session) return;
    const { capturedFrames } = (session.figures ??= this.#figuresOf(session));
    const { chunks, source, recorder, hasBroken } = session;
    if (chunks.length === 0) {
      this.#fail(session, 'empty');
      return;
    }
    const type = recorder!.mimeType || chunks[0]!.type;
    const file = new File(chunks, recordingName(source, type, new Date()), { type });
    this.discard();
    this.#last = { file, capturedFrames };
    // Shown in the state when it fails.
    await this.#video.openFiles(sourceFiles([file])).catch(() => undefined);
    if (hasBroken && !this.#session) {
      patch(this.#context.store, 'recording', { phase: 'failed', source, failure: 'broke-off' });
    }
  }

  #fail(session: Session, failure: RecordingFailure): void {
    end(session);
    this.#session = null;
    patch(this.#context.store, 'recording', { phase: 'failed', failure });
  }

  #figuresOf({ startedMs, statsAtStart, stream, recorder }: Session): RecordingFigures {
    if (!recorder) return nothingYet;
    const elapsedMs = this.#context.clock.nowMs() - startedMs;
    const [track] = (stream?.getVideoTracks() ?? []) as VideoTrack[];
    if (!statsAtStart || !track?.stats) return { ...nothingYet, elapsedMs };
    const { deliveredFrames, discardedFrames } = track.stats;
    return {
      elapsedMs,
      capturedFrames: deliveredFrames - statsAtStart.deliveredFrames,
      discardedFrames: discardedFrames - statsAtStart.discardedFrames,
    };
  }
}

const nothingYet: RecordingFigures = { elapsedMs: 0, capturedFrames: null, discardedFrames: null };

class RecordingRefusal extends Error {
  readonly failure: RecordingFailure;

  constructor(failure: RecordingFailure) {
    super(failure);
    this.failure = failure;
  }
}

/** W3C Media Capture and Streams §10.2, Screen Capture §5.1, MediaStream Recording §2.3. */
function failureOf(error: unknown): RecordingFailure {
  if (error instanceof RecordingRefusal) return error.failure;
  const failures: Record<string, RecordingFailure> = {
    NotAllowedError: 'denied',
    SecurityError: 'denied',
    AbortError: 'denied',
    NotFoundError: 'no-device',
    OverconstrainedError: 'no-device',
    NotReadableError: 'busy',
  };
  return failures[error instanceof Error || error instanceof DOMException ? error.name : ''] ?? 'unsupported';
}

/** The live object counts on. */
function read({ deliveredFrames, discardedFrames }: TrackStats): TrackStats {
  return { deliveredFrames, discardedFrames };
}

function end({ stream, recorder }: Session): void {
  if (recorder && recorder.state !== 'inactive') recorder.stop();
  if (stream) release(stream);
}

/** The camera's light goes off. */
function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** `camera 2026-11-21 14.03.webm`, by the clock on the wall. */
export function recordingName(source: RecordingSource, mimeType: string, date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const [container] = mimeType.split(';');
  const extensions: Record<string, string> = { 'video/mp4': 'mp4', 'video/x-matroska': 'mkv' };
  return `${source} ${day} ${two(date.getHours())}.${two(date.getMinutes())}.${extensions[container!] ?? 'webm'}`;
}
