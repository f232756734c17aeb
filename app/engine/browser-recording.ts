/** The browser's own cameras and screens, and where their recordings lie. */
import type { DiskFile, RecordingDevices } from './recorder';

/** Frames that wait for a page that is busy for a moment. */
const waitingFrames = 4;

const folderName = 'recordings';

export const browserRecording: RecordingDevices = {
  isSecure: isSecureContext,
  mediaDevices: navigator.mediaDevices,
  framesOf: 'VideoEncoder' in window ? (track) => capturedFrames(track) ?? paintedFrames(track) : undefined,
  createFile,
};

/** W3C MediaStreamTrack Insertable Media Processing §3: in Chromium in the page, elsewhere in workers only, or nowhere. */
type TrackProcessor = new (init: { track: MediaStreamTrack; maxBufferSize: number }) => {
  readable: ReadableStream<VideoFrame>;
};

function capturedFrames(track: MediaStreamTrack): ReadableStream<VideoFrame> | null {
  const Processor = Reflect.get(window, 'MediaStreamTrackProcessor') as TrackProcessor | undefined;
  return Processor ? new Processor({ track, maxBufferSize: waitingFrames }).readable : null;
}

/** What a video element shows of the track: nothing while the page is hidden. */
function paintedFrames(track: MediaStreamTrack): ReadableStream<VideoFrame> {
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = new MediaStream([track]);
  let callback = 0;
  const end = () => {
    video.cancelVideoFrameCallback(callback);
    video.srcObject = null;
  };
  return new ReadableStream<VideoFrame>(
    {
      async start(controller) {
        const take: VideoFrameRequestCallback = (_, { mediaTime }) => {
          const isLate = (controller.desiredSize ?? 0) <= 0;
          if (!isLate) controller.enqueue(new VideoFrame(video, { timestamp: Math.round(mediaTime * 1e6) }));
          callback = video.requestVideoFrameCallback(take);
        };
        callback = video.requestVideoFrameCallback(take);
        track.addEventListener('ended', () => {
          end();
          controller.close();
        });
        await video.play();
      },
      cancel: end,
    },
    { highWaterMark: waitingFrames },
  );
}

/**
 * In the browser's storage for this site. A page holds a lock by its file's name for as long as it is open; files that
 * nobody holds are of pages that are gone.
 */
async function createFile(): Promise<DiskFile> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(folderName, { create: true });
  const { held = [] } = await navigator.locks.query();
  const names = new Set(held.map(({ name }) => name));
  for await (const name of folder.keys()) {
    if (!names.has(lockOf(name))) await folder.removeEntry(name).catch(() => undefined);
  }
  const name = `${crypto.randomUUID()}.mp4`;
  // Held before the file is there, and never let go.
  await new Promise<void>((resolve) => {
    void navigator.locks.request(lockOf(name), () => {
      resolve();
      return new Promise(() => undefined);
    });
  });
  const handle = await folder.getFileHandle(name, { create: true });
  return { handle, remove: () => folder.removeEntry(name).catch(() => undefined) };
}

function lockOf(name: string): string {
  return `${folderName}/${name}`;
}
