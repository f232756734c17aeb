import { expect, it } from 'vitest';
import type { FrameSource, MediaApi, RecordedFrame } from '../protocol/media-contract';
import { connect, moving } from '../protocol/rpc';
import { LiveFrames } from './decode/live-frames';
import { VideoFrames } from './decode/video-frames';
import { demuxFile } from './demux/demux-file';
import { readFrameNumber } from './read-frame-number';
import { Recording } from './record/recording';
import type { DiskFile } from './record/recording-file';

const never = new AbortController().signal;

/** A picture with its own number, as `readFrameNumber` reads it, over a slope that moves. */
function numbered(number: number, timestamp: number, width = 160, height = 120): VideoFrame {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { alpha: false })!;
  const row = Math.round(height / 6);
  context.fillStyle = `hsl(${number * 3} 40% 40%)`;
  context.fillRect(0, 0, width, height);
  for (let column = 0; column < 8; column++) {
    const isSet = ((number >> (7 - column)) & 1) === 1;
    for (const [at, isWhite] of [isSet, !isSet].entries()) {
      context.fillStyle = isWhite ? '#ebebeb' : '#101010';
      context.fillRect((column * width) / 8, at * row, width / 8, row);
    }
  }
  return new VideoFrame(canvas, { timestamp });
}

/** A disk in memory, with room for so many bytes. */
class Disk implements DiskFile {
  readonly #room: number;
  #bytes = new Uint8Array(1 << 20);
  size = 0;
  isClosed = false;

  constructor(room = Infinity) {
    this.#room = room;
  }

  write(bytes: Uint8Array<ArrayBuffer>, { at }: { at: number }): number {
    const end = at + bytes.length;
    if (end > this.#room) throw new DOMException('', 'QuotaExceededError');
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(end * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, at);
    this.size = Math.max(this.size, end);
    return bytes.length;
  }

  read(target: Uint8Array<ArrayBuffer>, { at }: { at: number }): number {
    target.set(this.#bytes.subarray(at, at + target.length));
    return target.length;
  }

  truncate(size: number): void {
    this.size = size;
  }

  flush(): void {}

  close(): void {
    this.isClosed = true;
  }

  get file(): Blob {
    return new Blob([this.#bytes.slice(0, this.size)]);
  }
}

/** Times of a camera that keeps none: 20 to 45 ms apart, from somewhere. */
const unevenUs = (count: number) => {
  let timeUs = 71_234_567;
  return Array.from({ length: count }, (_, n) => (timeUs += 20_000 + ((n * 7919) % 25_000)));
};

async function numbersIn(file: Blob, live: LiveFrames): Promise<{ numbers: number[]; timestampsUs: number[] }> {
  const video = await demuxFile(file, never);
  const frames = await VideoFrames.open(video, live, never);
  const reader = frames.reader();
  const numbers: number[] = [];
  for (let n = 0; n < video.frames.timestampsUs.length; n++) {
    const frame = await reader.frame(n);
    numbers.push(await readFrameNumber(frame));
    live.close(frame);
  }
  frames.close();
  return { numbers, timestampsUs: [...video.frames.timestampsUs] };
}

it('every frame has the number and the time it was given, from anywhere, while it is recorded and in the file', async () => {
  const live = new LiveFrames();
  const disk = new Disk();
  const recording = new Recording(disk, 30, live);
  const times = unevenUs(130);
  const recorded: (RecordedFrame & { number: number })[] = [];
  let dropped = 0;
  for (let first = 0; first < times.length;) {
    // Bursts of frames: beyond what the encoder has in hand they are dropped, and said to be.
    const burst = first % 3 === 0 ? 7 : 1;
    const numbers = times.slice(first, first + burst).map((_, n) => first + n);
    first += burst;
    const answers = await Promise.all(numbers.map((number) => recording.record(numbered(number, times[number]!))));
    for (const [n, answer] of answers.entries()) {
      if (answer) recorded.push({ ...answer, number: numbers[n]! });
      else dropped++;
    }
    // Those kept, and those that are being copied.
    expect(live.count).toBeLessThanOrEqual(12);
    if (first % 10 < burst) {
      const asked = recorded[(first * 31) % recorded.length]!;
      const frame = await recording.frame(asked.frameIndex);
      expect(await readFrameNumber(frame)).toBe(asked.number);
      live.close(frame);
    }
  }
  expect(dropped).toBeGreaterThan(10);
  expect(recorded.map(({ frameIndex }) => frameIndex)).toEqual(recorded.map((_, n) => n));
  for (const { timestampUs, number } of recorded) expect(timestampUs).toBe(times[number]! - times[0]!);

  expect(await recording.finish()).toBe(recorded.length);
  expect(disk.isClosed).toBe(true);
  const { numbers, timestampsUs } = await numbersIn(disk.file, live);
  expect(numbers).toEqual(recorded.map(({ number }) => number));
  // The container counts in 1/57600 s.
  for (const [n, { timestampUs }] of recorded.entries())
    expect(Math.abs(timestampsUs[n]! - timestampUs)).toBeLessThan(18);
  expect(live.count).toBe(0);
});

it('what was recorded before the disk was full stays, and so does its numbering', async () => {
  const live = new LiveFrames();
  const disk = new Disk(60_000);
  const recording = new Recording(disk, 30, live);
  const times = Array.from({ length: 600 }, (_, n) => n * 33_333);
  const all = async () => {
    for (const [n, time] of times.entries()) await recording.record(numbered(n % 256, time));
  };
  await expect(all()).rejects.toMatchObject({ code: 'storage-full' });
  await recording.finish();
  const { numbers } = await numbersIn(disk.file, live);
  expect(numbers.length).toBeGreaterThan(20);
  expect(numbers).toEqual(numbers.map((_, n) => n % 256));
  expect(live.count).toBe(0);
});

it('a source that changes its size is recorded at the first one, and odd sides lose a line', async () => {
  const live = new LiveFrames();
  const disk = new Disk();
  const recording = new Recording(disk, 30, live);
  const sizes = [
    [161, 121],
    [161, 121],
    [320, 120],
    [60, 200],
  ] as const;
  for (const [n, [width, height]] of sizes.entries()) await recording.record(numbered(n, n * 40_000, width, height));
  await recording.finish();
  const video = await demuxFile(disk.file, never);
  expect(video.config).toMatchObject({ codedWidth: 160, codedHeight: 120 });
  const frames = await VideoFrames.open(video, live, never);
  const reader = frames.reader();
  for (let n = 0; n < sizes.length; n++) {
    const frame = await reader.frame(n);
    expect([frame.displayWidth, frame.displayHeight]).toEqual([160, 120]);
    if (n < 2) expect(await readFrameNumber(frame)).toBe(n);
    live.close(frame);
  }
  frames.close();
  expect(live.count).toBe(0);
});

it('the worker records into a file of its own, serves its frames meanwhile, and opens it', async () => {
  const worker = new Worker(new URL('./media.worker.ts', import.meta.url), { type: 'module' });
  const media = connect<MediaApi>(worker);
  const folder = await navigator.storage.getDirectory();
  const file = await folder.getFileHandle('recording-test.mp4', { create: true });
  try {
    await media.startRecording({ file, framesPerSecond: 30 });
    await expect(media.startRecording({ file, framesPerSecond: 30 })).rejects.toMatchObject({ code: 'busy' });
    const { port1, port2 } = new MessageChannel();
    await media.connectRecording(moving(port1, [port1]));
    const source = connect<FrameSource>(port2);
    await expect(source.frame(0)).rejects.toMatchObject({ code: 'frame-out-of-range' });
    for (let n = 0; n < 70; n++) {
      const frame = numbered(n, n * 33_333);
      expect(await media.recordFrame(moving(frame, [frame]))).toEqual({ frameIndex: n, timestampUs: n * 33_333 });
    }
    for (const n of [69, 3, 40, 0]) {
      const frame = await source.frame(n);
      expect(await readFrameNumber(frame)).toBe(n);
      frame.close();
    }
    expect(await source.squashed(12, 32)).toHaveLength(32 * 32 * 3);
    expect(await media.finishRecording()).toBe(70);
    const frame = numbered(0, 0);
    await expect(media.recordFrame(moving(frame, [frame]))).rejects.toMatchObject({ code: 'no-video' });
    const video = await media.open([{ path: 'a.mp4', file: await file.getFile() }], 'a.mp4', {}, never);
    expect(video).toMatchObject({ frameCount: 70, width: 160, height: 120 });
    const shown = await media.frame(69);
    expect(await readFrameNumber(shown)).toBe(69);
    shown.close();
    await media.startRecording({
      file: await folder.getFileHandle('other-test.mp4', { create: true }),
      framesPerSecond: 30,
    });
    await media.discardRecording();
    expect((await media.stats()).liveFrames).toBeLessThanOrEqual(70);
  } finally {
    worker.terminate();
    for (const name of ['recording-test.mp4', 'other-test.mp4']) await folder.removeEntry(name).catch(() => undefined);
  }
});
