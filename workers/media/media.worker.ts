/** The media worker: files in, upright frames by index out. Puts the stages together and serves them. */
import { MaskletError } from '../protocol/errors';
import type { FrameSource, MediaApi } from '../protocol/media-contract';
import { moving, serve } from '../protocol/rpc';
import type { VideoInfo } from '../protocol/video';
import { LiveFrames } from './decode/live-frames';
import { VideoFrames, type FrameReader } from './decode/video-frames';
import { demuxFile } from './demux/demux-file';

const live = new LiveFrames();
let video: VideoFrames | null = null;
let opening: Promise<unknown> = Promise.resolve();

async function open(file: Blob, name: string, signal: AbortSignal): Promise<VideoInfo> {
  signal.throwIfAborted();
  const encoded = await demuxFile(file, signal);
  const opened = await VideoFrames.open(encoded, live, signal);
  video?.close();
  video = opened;
  const { index, config } = encoded;
  return {
    name,
    width: opened.geometry.width,
    height: opened.geometry.height,
    frameCount: index.timestampsUs.length,
    timestampsUs: index.timestampsUs,
    durationUs: index.durationUs,
    codec: config.codec,
    sizeBytes: file.size,
  };
}

/** One at a time and in order, so that the video opened last is the one that stays. */
function inOrder<T>(task: () => Promise<T>): Promise<T> {
  const done = opening.then(task);
  opening = done.catch(() => {});
  return done;
}

/** A source with its own place in whatever video is open. */
function frameSource(): FrameSource {
  let reader: FrameReader | null = null;
  let readVideo: VideoFrames | null = null;
  return {
    frame: async (frameIndex) => {
      if (!video) throw new MaskletError('no-video', 'There is no video open. Open one first.');
      if (!reader || readVideo !== video) {
        reader = video.reader();
        readVideo = video;
      }
      const frame = await reader.frame(frameIndex);
      live.release(frame);
      return moving(frame, [frame]);
    },
  };
}

const api: MediaApi = {
  ...frameSource(),
  open: (file, name, signal) => inOrder(() => open(file, name, signal)),
  close: () =>
    inOrder(async () => {
      video?.close();
      video = null;
    }),
  connect: async (port) => serve(frameSource(), port),
  stats: async () => ({
    liveFrames: live.count,
    cacheBytes: video?.cacheBytes ?? 0,
    decodedFrames: video?.decodedFrames ?? 0,
  }),
};

serve(api, self);
