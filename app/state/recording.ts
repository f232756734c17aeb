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
  /** The encoder failed on the way; what was there by then was opened. */
  | 'broke-off';

export type RecordingState = {
  phase: 'off' | 'asking' | 'recording' | 'stopping' | 'failed';
  source: RecordingSource;
  failure: RecordingFailure | null;
};

export const notRecording: RecordingState = { phase: 'off', source: 'camera', failure: null };
