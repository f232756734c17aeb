/**
 * Frames by index, from anywhere, for one reader of a video: one place in the stream, kept as long as going on from
 * there is the shortest way. Reading forward never restarts the decoder; reading backward decodes a GOP once and then
 * takes its frames from the cache.
 */
import { MaskletError } from '../../protocol/errors';
import type { EncodedVideo } from '../encoded-video';
import type { FrameStore } from './frame-cache';
import type { LiveFrames } from './live-frames';
import type { FrameRefusal } from './check-decodable';
import { SampleDecoder } from './sample-decoder';

export type DecoderLimits = {
  /** Frames decoded ahead of a reader that goes forward. */
  lookAhead: number;
  /** Samples in the decoder's queue. */
  queueLength: number;
  /** After so long without a sign of life a decoder is taken for dead. */
  stallMs: number;
};

type Request = {
  frameIndex: number;
  sample: number;
  failures: number;
  /** Started for this request. */
  run: SampleDecoder['run'];
  resolve: (frame: VideoFrame) => void;
  reject: (error: MaskletError) => void;
};

/** What to decode towards; without a request, ahead of the reader. */
type Goal = { sample: number; request: Request | null };

const maxFailures = 2;
/** Steps forward that still count as going forward: playing faster, every n-th frame. */
const maxStride = 8;

export class FrameDecoder {
  readonly #video: EncodedVideo;
  readonly #cache: FrameStore;
  readonly #live: LiveFrames;
  readonly #limits: DecoderLimits;
  readonly #decoder: SampleDecoder;
  readonly #refusals: readonly FrameRefusal[];
  /** Oldest first. */
  #requests: Request[] = [];
  /** Sync samples that the decoder refused to start at: not every one that a file lists is one to every browser. */
  readonly #unusableStarts = new Set<number>();
  #fetched: { first: number; samples: Uint8Array<ArrayBuffer>[] } = { first: 0, samples: [] };
  #wake = () => {};
  #isWorking = false;
  #isClosed = false;
  #lastFrame = -1;
  #isForward = false;

  /** @param refusals per coding, why its samples cannot be decoded here */
  constructor(
    video: EncodedVideo,
    cache: FrameStore,
    live: LiveFrames,
    limits: DecoderLimits,
    refusals: readonly FrameRefusal[],
  ) {
    this.#video = video;
    this.#refusals = refusals;
    this.#cache = cache;
    this.#live = live;
    this.#limits = limits;
    this.#decoder = new SampleDecoder(
      video,
      live,
      (sample, frame) => this.#onFrame(sample, frame),
      () => this.#wake(),
    );
  }

  get decodedFrames(): number {
    return this.#decoder.decodedFrames;
  }

  /**
   * Frame n as decoded. The caller closes it. Of several requests the newest one is served first, and the others as
   * their frames come by.
   * @throws `decode-failed`, `no-video` when closed meanwhile
   */
  frame(frameIndex: number): Promise<VideoFrame> {
    const { promise, resolve, reject } = Promise.withResolvers<VideoFrame>();
    if (this.#isClosed) {
      reject(closedError());
      return promise;
    }
    const step = frameIndex - this.#lastFrame;
    this.#isForward = step > 0 && step <= maxStride;
    this.#lastFrame = frameIndex;
    const sample = this.#video.frames.frameSamples[frameIndex]!;
    const refusal = this.#refusals[this.#video.index.codingOf(sample)];
    if (refusal) {
      reject(refusal(frameIndex));
      return promise;
    }
    const cached = this.#cache.get(sample);
    if (cached) resolve(this.#live.adopt(cached.clone()));
    else this.#requests.push({ frameIndex, sample, failures: 0, run: null, resolve, reject });
    this.#wake();
    void this.#work();
    return promise;
  }

  close(): void {
    this.#isClosed = true;
    this.#decoder.close();
    for (const { reject } of this.#requests) reject(closedError());
    this.#requests = [];
    this.#wake();
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#decoder.forgetError();
    for (let goal = this.#goal(); goal; goal = this.#goal()) {
      try {
        await this.#advance(goal);
      } catch (error) {
        this.#onFailure(goal, error);
      }
    }
    this.#isWorking = false;
  }

  #goal(): Goal | null {
    if (this.#isClosed) return null;
    const request = this.#requests.at(-1);
    if (request) return { sample: request.sample, request };
    if (!this.#isForward) return null;
    const { frameSamples } = this.#video.frames;
    const ahead = frameSamples.subarray(this.#lastFrame + 1, this.#lastFrame + 1 + this.#limits.lookAhead);
    const sample = ahead.find((candidate) => !this.#cache.has(candidate));
    // Not worth a restart: another reader's frames may have taken the place of ours in the cache.
    const isOnTheWay = sample !== undefined && this.#decoder.reaches(sample, this.#video.index.startFor(sample));
    return isOnTheWay ? { sample, request: null } : null;
  }

  /** One step towards a goal, so that a newer one never waits long. */
  async #advance({ sample, request }: Goal): Promise<void> {
    const decoder = this.#decoder;
    decoder.throwError();
    if (decoder.hasLost(sample)) throw new Error(`The decoder left out sample ${sample}`);
    const start = this.#startFor(sample, request?.failures ?? 0);
    if (!decoder.reaches(sample, start)) this.#restart(start, request);
    if (this.#cache.backlog) return this.#cache.backlog;

    // After a failure nothing is fed beyond the sample: what follows it may be what broke the decoder.
    const { start: runStart, next } = decoder.run!;
    const end = request?.failures ? sample + 1 : this.#video.index.endOfCoding(runStart);
    if (next >= end) decoder.flush();
    else if (decoder.queueSize < this.#limits.queueLength) {
      const data = await this.#data(next);
      if (decoder.run?.next === next) decoder.feed(data);
      return;
    }
    await this.#progress();
  }

  #restart(start: number, request: Request | null): void {
    // Once more would bring no more.
    if (request?.run && request.run === this.#decoder.run) throw new Error(`Sample ${request.sample} went by unseen`);
    this.#decoder.restart(start);
    if (request) request.run = this.#decoder.run;
  }

  #startFor(sample: number, failures: number): number {
    const { index } = this.#video;
    let start = index.startFor(sample);
    // Perhaps the sync sample was none.
    if (failures > 0) start = index.startFor(sample, start);
    while (this.#unusableStarts.has(start)) start = index.startFor(sample, start);
    return start;
  }

  async #data(sample: number): Promise<Uint8Array<ArrayBuffer>> {
    const { first, samples } = this.#fetched;
    const data = samples[sample - first];
    if (data) return data;
    this.#fetched = { first: sample, samples: await this.#video.read(sample) };
    return this.#fetched.samples[0]!;
  }

  /** Resolves when the decoder or a request has news. */
  async #progress(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      // Some decoders wait for ever for frames that are held.
      this.#cache.dropNativeFrames();
      reject(new Error(`The decoder stood still for ${this.#limits.stallMs} ms`));
    }, this.#limits.stallMs);
    this.#wake = resolve;
    await promise.finally(() => clearTimeout(timer));
  }

  #onFrame(sample: number, frame: VideoFrame): void {
    if (this.#isClosed) return this.#live.close(frame);
    for (const request of this.#requests) {
      if (request.sample === sample) request.resolve(this.#live.adopt(frame.clone()));
    }
    this.#requests = this.#requests.filter((request) => request.sample !== sample);
    this.#cache.put(sample, frame);
  }

  #onFailure({ request }: Goal, error: unknown): void {
    const run = this.#decoder.run;
    const isRefusedStart =
      run !== null && run.next > run.start && !run.hasOutput && isDecodingError(error) && this.#hasEarlier(run.start);
    this.#decoder.close();
    if (this.#isClosed) return;
    if (isRefusedStart) {
      this.#unusableStarts.add(run.start);
      return;
    }
    if (!request) {
      this.#isForward = false;
      return;
    }
    request.failures++;
    const isUnreadable = error instanceof MaskletError;
    if (request.failures < maxFailures && !isUnreadable) return;
    this.#requests = this.#requests.filter((other) => other !== request);
    const reason = isUnreadable ? error.reason : (['frame-damaged', request.frameIndex + 1] as const);
    const message = isUnreadable
      ? error.message
      : `Frame ${request.frameIndex + 1} of this video can't be decoded: it may be damaged. Convert the video again, or go on without this frame.`;
    request.reject(new MaskletError('decode-failed', message, { reason, cause: error }));
  }

  #hasEarlier(start: number): boolean {
    return this.#video.index.startFor(start, start) !== start;
  }
}

/** Not a decoder taken away by the browser, which is a QuotaExceededError. */
function isDecodingError(error: unknown): boolean {
  return error instanceof DOMException && (error.name === 'EncodingError' || error.name === 'DataError');
}

function closedError(): MaskletError {
  return new MaskletError('no-video', 'The video was closed before this frame was decoded.');
}
