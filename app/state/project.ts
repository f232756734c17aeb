/** Which video is open, and which one is being opened. */
import type { VideoInfo } from '../../workers/protocol/video';

/** Clips that ship with the page. */
export type SampleName = 'balloons';

export type ProjectState = {
  video: VideoInfo | null;
  /** Name of the file that is being read; the video before stays until it is there. */
  opening: string | null;
  /** The sample that is open; null for a video of one's own. */
  sample: SampleName | null;
};

export const noProject: ProjectState = { video: null, opening: null, sample: null };
