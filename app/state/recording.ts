/** A recording from a camera or the screen, until it is opened as a video. */

export type RecordingSource = 'camera' | 'screen';

/** Why there is none, or why it ended. */
export type RecordingFailure =
  /** The person or the system said no; for a screen, none was chosen. */
  | 'denied'
  | 'no-device'
  /** It can not be read: most often another program has it. */
  | 'busy'
  /** Browsers give cameras and screens to secure addresses only. */
  | 'insecure'
  | 'unsupported'
  | 'empty'
  /** The browser gives this page no room to record. */
  | 'no-room'
  /** Or no more; what was there by then was opened. */
  | 'ran-out'
  /** The encoder failed on the way; what was there by then was opened. */
  | 'broke-off'
  /** What was recorded can't be opened now; it can be saved. */
  | 'not-opened';

export type RecordingState = {
  phase: 'off' | 'asking' | 'recording' | 'stopping' | 'failed';
  source: RecordingSource;
  failure: RecordingFailure | null;
  /** The source is there and sends no picture: a camera that is covered or was switched off. */
  isMuted: boolean;
};

/** A recording on disk that a page left behind when it was closed or broke down. */
type Leftover = { name: string; source: RecordingSource; recordedAtMs: number };

/** The newest first. */
export type LeftoversState = { list: readonly Leftover[] };

export const notRecording: RecordingState = { phase: 'off', source: 'camera', failure: null, isMuted: false };
