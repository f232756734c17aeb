/** The media worker: files in, upright frames by index out. Puts the stages together and serves them. */
import { asMaskletError, MaskletError } from '../protocol/errors';
import type { FrameSource, MediaApi, OpenOptions, SourceFile } from '../protocol/media-contract';
import { moving, serve } from '../protocol/rpc';
import type { VideoInfo } from '../protocol/video';
import { squashFrame } from '../resample/squash-frame';
import { turnPixels } from '../resample/turn-pixels';
import { LiveFrames } from './decode/live-frames';
import { upright, type PictureGeometry } from './decode/upright-frame';
import { VideoFrames, type FrameReader } from './decode/video-frames';
import { openSource, type Source } from './demux/open-source';
import type { Recording } from './record/recording';
import { SceneCuts } from './scene-cuts';
import { selectFrames } from './select-frames';

const live = new LiveFrames();
let video: VideoFrames | null = null;
let cuts = new SceneCuts();
let opening: Promise<unknown> = Promise.resolve();
let recording: Recording | null = null;

async function open(files: SourceFile[], name: string, options: OpenOptions, signal: AbortSignal): Promise<VideoInfo> {
  signal.throwIfAborted();
  const { source, frames, opened } = await openDecodable(files, options, signal);
  video?.close();
  video = opened;
  cuts = new SceneCuts();
  const { all: parts, chosen: part } = source.parts;
  return {
    name: parts.length > 1 ? (parts[part]!.name?.split('/').at(-1) ?? name) : name,
    width: opened.geometry.width,
    height: opened.geometry.height,
    frameCount: frames.timestampsUs.length,
    timestampsUs: frames.timestampsUs,
    durationUs: frames.durationUs,
    sourceFrames: frames.sourceFrames,
    sourceStartUs: frames.sourceStartUs,
    sourceFrameCount: source.frames.timestampsUs.length,
    codec: source.kind === 'samples' ? source.config.codec : source.codec,
    sizeBytes: files.reduce((sum, { file }) => sum + file.size, 0),
    parts,
    part,
  };
}

/** Of tracks, the first that this browser can decode: whoever asks for none in particular wants to see one. */
async function openDecodable(files: SourceFile[], options: OpenOptions, signal: AbortSignal) {
  const source = await openSource(files, options, signal);
  try {
    return await openFrames(source, options, signal);
  } catch (error) {
    const { all, chosen } = source.parts;
    const isChoice = options.part === undefined && all.length > 1 && all.every(({ name }) => name === null);
    if (!isChoice || asMaskletError(error).code !== 'unsupported-codec') throw error;
    for (const part of all.keys()) {
      if (part === chosen) continue;
      const other = await openSource(files, { ...options, part }, signal);
      const opened = await openFrames(other, options, signal).catch(() => null);
      if (opened) return opened;
    }
    throw error;
  }
}

async function openFrames(source: Source, options: OpenOptions, signal: AbortSignal) {
  const frames = selectFrames(source.frames, options, source.kind === 'pictures' ? source.numbers : null);
  return { source, frames, opened: await VideoFrames.open({ ...source, frames }, live, signal) };
}

/** One at a time and in order, so that the video opened last is the one that stays. */
function inOrder<T>(task: () => Promise<T>): Promise<T> {
  const done = opening.then(task);
  opening = done.catch(() => {});
  return done;
}

/** Frames upright, and as decoded where turning can wait: see `turnPixels`. The caller closes them. */
type Frames = {
  upright(frameIndex: number): Promise<VideoFrame>;
  decoded(frameIndex: number): Promise<{ frame: VideoFrame; orientation: PictureGeometry['orientation'] }>;
};

/**
 * A source with its own place in whatever video is open.
 * @param keeps whether what it decodes is kept for others
 */
function videoFrames(keeps = true): Frames {
  let reader: FrameReader | null = null;
  let readVideo: VideoFrames | null = null;
  function place(): { reader: FrameReader; geometry: PictureGeometry } {
    if (!video) throw new MaskletError('no-video', 'There is no video open. Open one first.');
    if (!reader || readVideo !== video) {
      reader = video.reader(keeps);
      readVideo = video;
    }
    return { reader, geometry: video.geometry };
  }
  return {
    upright: async (frameIndex) => place().reader.frame(frameIndex),
    decoded: async (frameIndex) => {
      const { reader: from, geometry } = place();
      return { frame: await from.decoded(frameIndex), orientation: geometry.orientation };
    },
  };
}

const recordedFrames: Frames = {
  upright: async (frameIndex) => recordingUnderWay().frame(frameIndex),
  decoded: async (frameIndex) => ({ frame: await recordingUnderWay().frame(frameIndex), orientation: upright }),
};

function recordingUnderWay(): Recording {
  if (!recording) throw notRecording();
  return recording;
}

function notRecording(): MaskletError {
  return new MaskletError('no-video', 'Nothing is being recorded.');
}

const overview = videoFrames(false);

async function thumbnail(frameIndex: number, height: number): Promise<ImageBitmap> {
  const frame = await overview.upright(frameIndex);
  try {
    const width = Math.max(1, Math.round((height * frame.displayWidth) / frame.displayHeight));
    const options = { resizeWidth: width, resizeHeight: height, resizeQuality: 'medium' } as const;
    const bitmap = await createImageBitmap(frame, options);
    return moving(bitmap, [bitmap]);
  } finally {
    live.close(frame);
  }
}

/** @param isWatched whether scene cuts are looked for in what is read */
function frameSource(frames: Frames, isWatched: boolean): FrameSource {
  return {
    frame: async (frameIndex) => {
      const frame = await frames.upright(frameIndex);
      if (isWatched) cuts.look(frameIndex, frame);
      live.release(frame);
      return moving(frame, [frame]);
    },
    squashed: async (frameIndex, size) => {
      const { frame, orientation } = await frames.decoded(frameIndex);
      try {
        const pixels = turnPixels(await squashFrame(frame, size), size, orientation);
        if (isWatched) cuts.lookAtPixels(frameIndex, pixels, size);
        return moving(pixels, [pixels.buffer]);
      } finally {
        live.close(frame);
      }
    },
  };
}

const api: MediaApi = {
  ...frameSource(videoFrames(), false),
  open: (files, name, options, signal) => inOrder(() => open(files, name, options, signal)),
  close: () =>
    inOrder(async () => {
      video?.close();
      video = null;
    }),
  thumbnail,
  connect: async (port) => serve(frameSource(videoFrames(), true), port),
  startRecording: async ({ file, framesPerSecond }) => {
    // With the writer of files, which opening a video has no use for.
    const { Recording } = await import('./record/recording');
    if (recording) throw new MaskletError('busy', 'A recording is going on. End it first.');
    const disk = await file.createSyncAccessHandle();
    disk.truncate(0);
    recording = new Recording(disk, framesPerSecond, live);
  },
  recordFrame: async (frame) => {
    if (recording) return recording.record(frame);
    frame.close();
    throw notRecording();
  },
  connectRecording: async (port) => serve(frameSource(recordedFrames, false), port),
  finishRecording: async () => {
    const ended = recordingUnderWay();
    recording = null;
    return ended.finish();
  },
  discardRecording: async () => {
    const ended = recording;
    recording = null;
    await ended?.discard();
  },
  sceneCuts: async () => cuts.frames,
  stats: async () => ({
    liveFrames: live.count,
    cacheBytes: video?.cacheBytes ?? 0,
    decodedFrames: video?.decodedFrames ?? 0,
  }),
};

serve(api, self);
