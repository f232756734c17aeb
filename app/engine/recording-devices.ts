/** Where recordings come from and where they lie, as the engine sees it. */
import type { RecordingSource } from '../state/recording';

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

/** As it is called when it is saved; null where nothing was written. What is on disk is not copied. */
export async function recordedFile({ handle, source }: DiskFile): Promise<File | null> {
  const onDisk = await handle.getFile();
  if (onDisk.size === 0) return null;
  const date = new Date(onDisk.lastModified);
  return new File([onDisk], recordingName(source, date), { type: 'video/mp4', lastModified: onDisk.lastModified });
}

/** `camera 2026-11-21 14.03.mp4`, by the clock on the wall. */
export function recordingName(source: RecordingSource, date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${source} ${day} ${two(date.getHours())}.${two(date.getMinutes())}.mp4`;
}
