/** The browser's own cameras, screens and encoder. */
import type { RecordingDevices } from './recorder';

export const browserRecording: RecordingDevices = {
  isSecure: isSecureContext,
  mediaDevices: navigator.mediaDevices,
  MediaRecorder: 'MediaRecorder' in window ? MediaRecorder : undefined,
};
