/** The browser's own cameras and screens, and where their recordings lie. */
import type { RecordingSource } from '../state/recording';
import type { DiskFile, RecordingDevices } from './recording-devices';

/** Frames that wait for a page that is busy for a moment. */
const waitingFrames = 2;

const folderName = 'recordings';

export const browserRecording: RecordingDevices = {
  isSecure: isSecureContext,
  mediaDevices: navigator.mediaDevices,
  framesOf: 'VideoEncoder' in window ? (track) => capturedFrames(track) ?? paintedFrames(track) : undefined,
  createFile,
  findLeftovers,
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

/*
 * Recordings lie in the browser's storage for this site. A page holds a lock by a file's name for as long as it is open;
 * files that nobody holds are of pages that are gone. One that was saved has an empty file of its name beside it.
 */

const savedSuffix = '.saved';

async function createFile(source: RecordingSource): Promise<DiskFile> {
  const name = `${source}-${crypto.randomUUID()}.mp4`;
  // Before it is there: another page would take it for a leftover.
  await hold(name);
  return diskFile(name);
}

async function findLeftovers(): Promise<DiskFile[]> {
  const folder = await recordingsFolder();
  const { held = [] } = await navigator.locks.query();
  const locks = new Set(held.map(({ name }) => name));
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  const leftovers: DiskFile[] = [];
  for (const name of names) {
    if (name.endsWith(savedSuffix) || locks.has(lockOf(name))) continue;
    const file = await diskFile(name);
    const isEmpty = (await file.handle.getFile()).size === 0;
    if (isEmpty || names.includes(name + savedSuffix)) await file.remove();
    else leftovers.push(file);
  }
  return leftovers;
}

async function diskFile(name: string): Promise<DiskFile> {
  const folder = await recordingsFolder();
  const remove = async () => {
    for (const entry of [name, name + savedSuffix]) await folder.removeEntry(entry).catch(() => undefined);
  };
  const markSaved = async () => {
    await folder.getFileHandle(name + savedSuffix, { create: true });
  };
  const source = name.startsWith('screen') ? 'screen' : 'camera';
  return {
    name,
    source,
    handle: await folder.getFileHandle(name, { create: true }),
    hold: () => hold(name),
    markSaved,
    remove,
  };
}

/** Until the page is gone. */
function hold(name: string): Promise<void> {
  return new Promise((resolve) => {
    void navigator.locks.request(lockOf(name), () => {
      resolve();
      return new Promise(() => undefined);
    });
  });
}

async function recordingsFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(folderName, { create: true });
}

function lockOf(name: string): string {
  return `${folderName}/${name}`;
}
