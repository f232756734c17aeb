/** Which video is open, and which one is being opened. */
import type { VideoInfo } from '../../workers/protocol/video';

export type ProjectState = {
  video: VideoInfo | null;
  /** Name of the file that is being read; the video before stays until it is there. */
  opening: string | null;
  /** Who made the video, when its licence asks to say so. */
  credit: string | null;
};

export const noProject: ProjectState = { video: null, opening: null, credit: null };
