/** Clips that ship with the page. */

export type Sample = {
  /** Below the page's own address. */
  path: string;
  credit: string;
};

export const balloons: Sample = {
  path: 'samples/balloons.mp4',
  credit: 'Balloons, made by the Masklet authors, CC0',
};
