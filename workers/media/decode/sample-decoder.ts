/** A VideoDecoder fed with a run of samples from a sync sample on; tells its outputs apart by sample. */
import type { Coding, EncodedVideo } from '../encoded-video';
import type { LiveFrames } from './live-frames';
import { withoutMargins } from './without-margins';

/** H.264 and HEVC reorder at most 16 pictures: when so many later ones came out, an earlier one will not. */
const maxReorder = 16;
/** Samples that are cheaper to decode than a decoder is to restart. */
const maxSkip = 4;

type Run = {
  start: number;
  /** The sample to feed next. */
  next: number;
  hasOutput: boolean;
  /** Chunk timestamps of the last outputs. */
  recent: number[];
  flush: 'no' | 'pending' | 'done';
};

export class SampleDecoder {
  readonly #video: EncodedVideo;
  readonly #live: LiveFrames;
  readonly #onFrame: (sample: number, frame: VideoFrame) => void;
  readonly #onProgress: () => void;
  /** Samples fed and not come out yet, by chunk timestamp; those that share one come out in this order. */
  readonly #awaited = new Map<number, number[]>();
  #decoder: VideoDecoder | null = null;
  #run: Run | null = null;
  #error: unknown = null;
  decodedFrames = 0;

  /**
   * @param onFrame takes the frame, which `live` has in charge
   * @param onProgress told of every output, error and place in the queue
   */
  constructor(
    video: EncodedVideo,
    live: LiveFrames,
    onFrame: (sample: number, frame: VideoFrame) => void,
    onProgress: () => void,
  ) {
    this.#video = video;
    this.#live = live;
    this.#onFrame = onFrame;
    this.#onProgress = onProgress;
  }

  get run(): Readonly<Run> | null {
    return this.#run;
  }

  get queueSize(): number {
    return this.#decoder?.decodeQueueSize ?? 0;
  }

  /** Whether going on brings a sample out, and sooner than starting anew at `start` would. */
  reaches(sample: number, start: number): boolean {
    if (!this.#run) return false;
    if (this.#isAwaited(sample)) return true;
    const { next, flush } = this.#run;
    const isInReach = sample >= next && sample < this.#video.index.endOfCoding(this.#run.start);
    return flush === 'no' && isInReach && this.#run.start <= start && start <= next + maxSkip;
  }

  /** Whether a sample that was fed will not come out any more. */
  hasLost(sample: number): boolean {
    if (!this.#run || !this.#isAwaited(sample)) return false;
    const { flush, recent } = this.#run;
    const timestamp = this.#timestamp(sample);
    return flush === 'done' || (recent.length === maxReorder && recent.every((passed) => passed > timestamp));
  }

  /** Drops all work, and starts a run at a sync sample. */
  restart(start: number): void {
    if (this.#decoder) this.#decoder.reset();
    else this.#decoder = this.#createDecoder();
    this.#decoder.configure(this.#codingOf(start).config);
    this.#error = null;
    this.#awaited.clear();
    this.#run = { start, next: start, hasOutput: false, recent: [], flush: 'no' };
  }

  /** Feeds the run's next sample. Does nothing once the decoder has died: `throwError` tells. */
  feed(data: Uint8Array<ArrayBuffer>): void {
    const run = this.#run;
    if (!run || this.#decoder?.state !== 'configured') return;
    const sample = run.next++;
    // Samples without bytes repeat the picture before them; decoders take them for an error.
    if (data.length === 0) return;
    const timestamp = this.#timestamp(sample);
    if (!this.#video.index.isHidden(sample)) {
      this.#awaited.set(timestamp, [...(this.#awaited.get(timestamp) ?? []), sample]);
    }
    const isKey = sample === run.start || this.#video.index.isSync(sample);
    this.#decoder.decode(new EncodedVideoChunk({ type: isKey ? 'key' : 'delta', timestamp, data }));
  }

  /** Makes all that was fed come out, and ends the run. */
  flush(): void {
    const run = this.#run;
    if (!run || run.flush !== 'no' || this.#decoder?.state !== 'configured') return;
    run.flush = 'pending';
    const decoder = this.#decoder;
    const end = async () => {
      await decoder.flush();
      run.flush = 'done';
      this.#onProgress();
    };
    // It rejects when the decoder fails, which the error callback tells, or is reset, when nobody waits for it.
    end().catch(() => {});
  }

  /** Throws what the decoder died of, once. */
  throwError(): void {
    const error = this.#error;
    this.#error = null;
    if (error) throw error;
  }

  /** Forgets a decoder that died while nobody waited for it: browsers take idle ones away. */
  forgetError(): void {
    if (this.#error) this.close();
  }

  close(): void {
    const decoder = this.#decoder;
    this.#decoder = null;
    this.#run = null;
    this.#error = null;
    this.#awaited.clear();
    if (decoder && decoder.state !== 'closed') decoder.close();
  }

  #createDecoder(): VideoDecoder {
    const decoder = new VideoDecoder({
      output: (frame) => {
        if (decoder === this.#decoder) this.#onOutput(frame);
        else frame.close();
      },
      error: (error) => {
        if (decoder !== this.#decoder) return;
        this.#error = error;
        this.#decoder = null;
        this.#onProgress();
      },
    });
    decoder.addEventListener('dequeue', () => this.#onProgress());
    return decoder;
  }

  #onOutput(frame: VideoFrame): void {
    const run = this.#run;
    const waiting = this.#awaited.get(frame.timestamp);
    const sample = waiting?.shift();
    if (waiting?.length === 0) this.#awaited.delete(frame.timestamp);
    if (!run || sample === undefined) return frame.close();
    this.decodedFrames++;
    run.hasOutput = true;
    run.recent.push(frame.timestamp);
    if (run.recent.length > maxReorder) run.recent.shift();
    // A leading picture of the run's start lacks what it is predicted from. Before the first of all starts is none to
    // decode it better after.
    const isLeading = frame.timestamp < this.#timestamp(run.start);
    const isFirstStart = this.#video.index.startFor(run.start, run.start) === run.start;
    if (isLeading && !isFirstStart) frame.close();
    else this.#onFrame(sample, this.#live.adopt(withoutMargins(frame, this.#codingOf(sample).margins)));
    this.#onProgress();
  }

  #isAwaited(sample: number): boolean {
    return this.#awaited.get(this.#timestamp(sample))?.includes(sample) ?? false;
  }

  #codingOf(sample: number): Coding {
    return this.#video.codings[this.#video.index.codingOf(sample)]!;
  }

  #timestamp(sample: number): number {
    return this.#video.index.chunkTimestampsUs[sample]!;
  }
}
