/** What demuxing hands to decoding where frames are pictures of their own, not samples of a stream. */
import type { FrameTable } from './frame-table';
import type { SourceParts } from './source-parts';

export type PictureSequence = {
  readonly kind: 'pictures';
  readonly parts: SourceParts;
  /** Of the first picture, such as `jpeg`. */
  readonly codec: string;
  readonly frames: FrameTable;
  /** Per frame, the number in its file's name; null where names are not numbered. */
  readonly numbers: Uint32Array | Int32Array | null;
  /** The file of a picture. @throws `truncated-file` when it can no longer be read */
  read(picture: number): Promise<Blob>;
};

/** GIF, WebP or APNG: pictures in one file, each drawn over those before it. */
export type Animation = {
  readonly kind: 'animation';
  readonly parts: SourceParts;
  /** Such as `gif`. */
  readonly codec: string;
  readonly mimeType: string;
  readonly frames: FrameTable;
  /** The whole file: the browser's own decoder wants all of it. */
  readonly data: Uint8Array<ArrayBuffer>;
};
