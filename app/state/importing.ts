/** The import of masks in progress, and what came of the last one. */

export type ImportReport = {
  objects: number;
  masks: number;
  /** Of another size than the video's. */
  resized: number;
  /** Masks of frames that are not open, or with nothing left of them at the video's size. */
  unfitted: number;
  /** Entries that were no masks. */
  leftOut: number;
};

export type ImportingState = {
  /** Masks answered, of all; null of which there are none known yet. */
  run: { done: number; total: number | null } | null;
  report: ImportReport | null;
};

export const noImport: ImportingState = { run: null, report: null };
