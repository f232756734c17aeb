/** A camera or the screen: asked for, counted, given back. */
import { asMaskletError } from '../../workers/protocol/errors';
import type { RecordingFailure, RecordingSource } from '../state/recording';
import type { RecordingDevices } from './recording-devices';

/** `MediaStreamTrack.stats`, W3C Media Capture Extensions; not in every browser. */
export type VideoTrack = MediaStreamTrack & { stats?: { totalFrames: number; discardedFrames: number } };

/** @throws DOMException as `getUserMedia` and `getDisplayMedia`; RecordingRefusal where they are missing */
export async function askForSource(
  { isSecure, mediaDevices, framesOf }: RecordingDevices,
  source: RecordingSource,
): Promise<MediaStream> {
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

export class RecordingRefusal extends Error {
  readonly failure: RecordingFailure;

  constructor(failure: RecordingFailure) {
    super(failure);
    this.failure = failure;
  }
}

/** W3C Media Capture and Streams §10.2, Screen Capture §5.1; of the file, the File System standard's. */
export function failureOfSource(error: unknown): RecordingFailure {
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

/** Frames of the source, less those left out to keep to the frame rate that was asked for. */
export function framesMadeBy(track: VideoTrack | undefined): number | null {
  return track?.stats ? track.stats.totalFrames - track.stats.discardedFrames : null;
}

/** The camera's light goes off. */
export function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
