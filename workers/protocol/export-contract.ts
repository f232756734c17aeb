/** The export worker: masks in by its own port, files out. */
import type { ExportFormat } from './export-formats';
import type { SourceFile } from './media-contract';
import type { FramePrompts, ObjectId } from './prompt';
import type { ReadLabels } from './read-labels';
import type { VideoInfo } from './video';

export type ExportObject = {
  id: ObjectId;
  name: string;
  /** Its class label; `object` where a person gave none. */
  category: string;
  /** Frames that have a mask, ascending. */
  frames: number[];
  /** Pixels over which its edge fades, to each side. Masks that are yes or no leave it out. */
  featherPx: number;
  prompts: { frameIndex: number; prompts: FramePrompts }[];
};

export type ExportRequest = {
  format: ExportFormat;
  video: VideoInfo;
  objects: ExportObject[];
  model: { name: string; version: string; provider: string };
};

type ExportProgress = { done: number; total: number };

export type ExportApi = {
  /** `masks` serves `MaskSource`. */
  connect(masks: MessagePort): Promise<void>;
  /** @throws `invalid-argument`, `storage-full`, `cancelled` */
  export(request: ExportRequest, onProgress: (progress: ExportProgress) => void, signal: AbortSignal): Promise<Blob>;
  /**
   * Masks from label files of any format that is lossless; a zip is taken for the files in it.
   * @throws `invalid-argument` with the place in the files, `truncated-file`, `cancelled`
   */
  readLabels(files: readonly SourceFile[], signal: AbortSignal): Promise<ReadLabels>;
};
