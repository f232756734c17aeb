/** Clips that ship with the page. */

export type Sample = {
  /** Below the page's own address. */
  path: string;
  credit: string;
};

export const bigBuckBunny: Sample = {
  path: 'samples/bigbuckbunny.mp4',
  credit: 'Big Buck Bunny, Blender Foundation, CC BY 3.0',
};
