/** Clips that ship with the page. */
import type { SampleName } from '../state/project';

export type Sample = {
  name: SampleName;
  /** Below the page's own address. */
  path: string;
  /** A picture of it, likewise: the clip itself is fetched when it is asked for. */
  posterPath: string;
  seconds: number;
  width: number;
  height: number;
};

export const balloons: Sample = {
  name: 'balloons',
  path: 'samples/balloons.mp4',
  posterPath: 'samples/balloons.webp',
  seconds: 5,
  width: 1280,
  height: 720,
};
