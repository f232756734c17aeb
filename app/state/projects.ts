/** What this browser keeps of a person's work, and whether the open video's is kept. */
import type { SourceDifference } from './source-difference';

/** A project as it is listed. */
export type ProjectSummary = {
  id: string;
  name: string;
  changedMs: number;
  sizeBytes: number;
  picture: Blob | null;
};

/** A project whose video has to be given by the person. */
export type AwaitedVideo = {
  id: string;
  name: string;
  /** Of the video's file, or of the first of its pictures. */
  fileName: string;
  fileCount: number;
  /** The browser knows where it is, and asks before it reads it. */
  isKnown: boolean;
  /** Why what was given is not it. */
  difference: SourceDifference | null;
};

/**
 * `waiting`: there is nothing to keep yet. `behind`: the last steps are on the way to the disk. `paused`: the disk is full.
 * `off`: nothing is kept.
 */
export type Saving = 'waiting' | 'behind' | 'saved' | 'paused' | 'off';

export type ProjectsState = {
  /** The newest first. */
  list: readonly ProjectSummary[];
  saving: Saving;
  awaited: AwaitedVideo | null;
  /** A project that another tab has open. */
  openElsewhere: { id: string; name: string } | null;
};

export const noProjects: ProjectsState = { list: [], saving: 'waiting', awaited: null, openElsewhere: null };
