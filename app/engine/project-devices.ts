/** What of a browser projects need besides the store worker; doubles in tests. */
import type { MaskResult } from '../../workers/protocol/mask';
import type { AppState } from '../state/store';
import type { ChosenSource } from './source-files';

export type ProjectDevices = {
  /** The browser keeps files for this page, and may be asked for them. */
  isAvailable: boolean;
  /** Something was kept here before: asked first, so that most visits start no worker for it. */
  hasProjects(): Promise<boolean>;
  newId(): string;
  /** ms since 1970 */
  nowMs(): number;
  /** SHA-256 */
  digest(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
  /** Asks the browser not to make room at this page's cost. */
  persist(): Promise<unknown>;
  /** A small picture of a frame with its masks. */
  picture(frame: VideoFrame, masks: readonly MaskResult[], state: AppState): Promise<Blob>;
  /** Calls when the page is about to be hidden or left. */
  onHidden(listener: () => void): void;
  handles: SourceHandles;
};

/** Where the files of projects are, as far as the browser tells. */
export type SourceHandles = {
  /** Remembers where the source's files are. */
  keep(project: string, source: ChosenSource): Promise<void>;
  isKnown(project: string): Promise<boolean>;
  /** Asks the person, who must have just clicked. @returns null where the files are not to be had */
  open(project: string): Promise<File[] | null>;
  copy(project: string, to: string): Promise<void>;
  forget(project: string): Promise<void>;
  forgetAll(): Promise<void>;
};
