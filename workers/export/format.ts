/** What a format is to the export worker: a stream of frames in, a stream of files out. */
import type { ExportObject, ExportRequest } from '../protocol/export-contract';
import type { MaskRle } from '../protocol/mask';

/** All masks of one frame, objects in the request's order. Frames come once each, ascending. */
export type FrameOfMasks = {
  frameIndex: number;
  masks: { object: ExportObject; rle: MaskRle }[];
};

/** One file; the only one where the format is no zip. */
export type FileEntry = { name: string; input: Uint8Array | string | Blob };

export type FormatModule = {
  /** Files are made as they are asked for. */
  write: (request: ExportRequest, frames: AsyncIterable<FrameOfMasks>) => AsyncIterable<FileEntry>;
};
