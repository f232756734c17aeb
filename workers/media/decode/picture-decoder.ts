/** Frames that are pictures of their own, by index, for one reader: a few at a time, and some ahead of it. */
import { asMaskletError, MaskletError } from '../../protocol/errors';
import type { FrameTable } from '../frame-table';
import type { FrameStore } from './frame-cache';
import type { LiveFrames } from './live-frames';
import type { PictureReader } from './picture-reader';

type Request = { resolve: (frame: VideoFrame) => void; reject: (error: MaskletError) => void };

/** Steps that still count as going on in one direction. */
const maxStride = 8;

export class PictureDecoder {
  readonly #frames: FrameTable;
  readonly #reader: PictureReader;
  readonly #cache: FrameStore;
  readonly #live: LiveFrames;
  readonly #lookAhead: number;
  /** By picture, the newest last: it is served first. */
  readonly #requests = new Map<number, Request[]>();
  readonly #running = new Set<number>();
  /** Pictures to decode when nothing is asked for, the next one first. */
  #ahead: number[] = [];
  #isClosed = false;
  #lastFrame = 0;
  decodedFrames = 0;

  constructor(frames: FrameTable, reader: PictureReader, cache: FrameStore, live: LiveFrames, lookAhead: number) {
    this.#frames = frames;
    this.#reader = reader;
    this.#cache = cache;
    this.#live = live;
    this.#lookAhead = lookAhead;
  }

  /**
   * Frame n as decoded. The caller closes it.
   * @throws `decode-failed`, `truncated-file`, `no-video` when closed meanwhile
   */
  frame(frameIndex: number): Promise<VideoFrame> {
    const { promise, resolve, reject } = Promise.withResolvers<VideoFrame>();
    if (this.#isClosed) {
      reject(closedError());
      return promise;
    }
    const picture = this.#frames.frameSamples[frameIndex]!;
    const cached = this.#cache.get(picture);
    if (cached) resolve(this.#live.adopt(cached.clone()));
    else {
      const others = this.#requests.get(picture) ?? [];
      this.#requests.delete(picture);
      this.#requests.set(picture, [...others, { resolve, reject }]);
    }
    this.#lookBeyond(frameIndex);
    this.#work();
    return promise;
  }

  close(): void {
    this.#isClosed = true;
    for (const { reject } of [...this.#requests.values()].flat()) reject(closedError());
    this.#requests.clear();
    this.#ahead = [];
  }

  #lookBeyond(frameIndex: number): void {
    const step = frameIndex - this.#lastFrame;
    this.#lastFrame = frameIndex;
    const isTravel = step !== 0 && Math.abs(step) <= maxStride;
    const frames = Array.from({ length: isTravel ? this.#lookAhead : 0 }, (_, n) => frameIndex + (n + 1) * step);
    this.#ahead = frames.flatMap((frame) => this.#frames.frameSamples[frame] ?? []);
  }

  #work(): void {
    while (!this.#isClosed && this.#running.size < this.#reader.concurrency) {
      const next =
        [...this.#requests.keys()].findLast((picture) => !this.#running.has(picture)) ??
        this.#ahead.find((picture) => !this.#running.has(picture) && !this.#cache.has(picture));
      if (next === undefined) return;
      void this.#decode(next);
    }
  }

  async #decode(picture: number): Promise<void> {
    this.#running.add(picture);
    try {
      await this.#reader.decode(picture, (decoded, frame) => this.#onFrame(decoded, frame));
    } catch (error) {
      this.#ahead = [];
      for (const { reject } of this.#take(picture)) reject(asMaskletError(error));
    }
    this.#running.delete(picture);
    this.#work();
  }

  #onFrame(picture: number, frame: VideoFrame): void {
    this.#live.adopt(frame);
    if (this.#isClosed) return this.#live.close(frame);
    this.decodedFrames++;
    for (const { resolve } of this.#take(picture)) resolve(this.#live.adopt(frame.clone()));
    this.#cache.put(picture, frame);
  }

  #take(picture: number): Request[] {
    const requests = this.#requests.get(picture) ?? [];
    this.#requests.delete(picture);
    return requests;
  }
}

function closedError(): MaskletError {
  return new MaskletError('no-video', 'The video was closed before this frame was decoded.');
}
