/** Labels that were read from files: masks of objects, by what the files call frames. */
import type { MaskRle } from './mask';

type ReadMask = {
  /** The frame's number as a file says it, or its name does; null where neither has one. */
  frameNumber: number | null;
  rle: MaskRle;
};

export type ReadObject = {
  name: string;
  category: string | null;
  /** At most one a frame; empty ones are left out. */
  masks: ReadMask[];
};

export type ReadLabels = {
  objects: ReadObject[];
  /** Entries that are no masks, such as boxes without one. */
  leftOut: number;
};
