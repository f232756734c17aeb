/** Clips that ship with the page. */
import type { SampleName } from '../state/project';

export type Sample = {
  name: SampleName;
  /** Below the page's own address. */
  path: string;
};

export const balloons: Sample = { name: 'balloons', path: 'samples/balloons.mp4' };
