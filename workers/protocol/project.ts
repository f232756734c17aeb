/** A saved project: what a person made of a video, and the masks that came of it. */
import type { OpenOptions } from './media-contract';
import type { MaskOrigin } from './mask';
import type { ObjectId } from './prompt';

/** Raised with every change of shape; `workers/store/migrations.ts` brings older ones up to it. */
export const projectSchema = 1;

/** A file of the source, to find it again and to know it when it is given once more. */
export type SourceFingerprint = {
  name: string;
  /** Inside a folder or zip that was opened. */
  path: string;
  sizeBytes: number;
  /** SHA-256 of the first and the last 64 KiB and the size, hexadecimal. */
  hash: string;
};

/** One mask as it was shown, but for the object's own repairs, which are made again. */
export type StoredMask = {
  object: ObjectId;
  frameIndex: number;
  /** COCO's compressed run lengths at the video's size. */
  counts: string;
  origin: MaskOrigin;
  occlusionScore: number;
  predictedIou: number;
  /** Separate parts, counted at the model's resolution. */
  pieces?: number;
};

/** What the page keeps besides masks, slice by slice; JSON values that the page itself understands. */
type ProjectSlices = Record<string, unknown>;

export type ProjectHead = {
  schema: number;
  id: string;
  name: string;
  createdMs: number;
  source: {
    files: SourceFingerprint[];
    options: OpenOptions;
    /** A clip that ships with the page, which opens again by itself. */
    sample?: string | null;
  };
  video: { width: number; height: number; frameCount: number; durationUs: number };
};

/** Changes in the order in which they happened: a project is what its records come to. */
export type ProjectRecord =
  | { kind: 'head'; head: ProjectHead }
  /** All that a new journal begins with is there: before it, the journal does not count. */
  | { kind: 'whole' }
  | { kind: 'slice'; name: string; value: unknown }
  | { kind: 'masks'; masks: StoredMask[] }
  /** Masks that are gone: of these frames, or of all. */
  | { kind: 'dropped'; object: ObjectId; frames: number[] | null };

export type Project = {
  head: ProjectHead;
  slices: ProjectSlices;
  masks: StoredMask[];
};
