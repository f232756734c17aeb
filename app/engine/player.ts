/** The playhead: seeking, and playing at the video's own rate, where frames are dropped rather than time. */
import { frameAt, type PlaybackState } from '../state/playback';
import { patch } from '../state/store';
import type { EngineContext } from './context';
import { isOfFrame, type FramePresenter } from './frame-presenter';
import type { History } from './history';

/** Frames asked for ahead of the one shown, so that decoding one does not hold up the next. */
const lookahead = 3;

/** A longer pause between ticks is the tab having been hidden: playing goes on from where it stood. */
const longestTickMs = 500;

/** Decoded, or not to be decoded. */
type ReadyFrame = { frameIndex: number } & ({ frame: VideoFrame } | { frame: null; error: unknown });

export class Player {
  readonly #context: EngineContext;
  readonly #presenter: FramePresenter;
  readonly #history: History;
  #stop: (() => void) | null = null;

  constructor(context: EngineContext, presenter: FramePresenter, history: History) {
    this.#context = context;
    this.#presenter = presenter;
    this.#history = history;
  }

  /** Moves the playhead and shows the frame there. @throws `no-video`, `frame-out-of-range`, `decode-failed` */
  async seek(frameIndex: number): Promise<void> {
    this.#context.checkFrame(frameIndex);
    this.pause();
    this.#leaveRun();
    await this.#moveTo(frameIndex);
  }

  /** Moves by a number of frames, up to the first or last one. */
  async step(frames: number): Promise<void> {
    const { frameCount } = this.#context.video();
    const { frameIndex } = this.#context.store.getState().playback;
    await this.seek(Math.max(0, Math.min(frameCount - 1, frameIndex + frames)));
  }

  /** Shows a frame that was just tracked, without leaving the run. */
  async follow(frameIndex: number): Promise<void> {
    await this.#moveTo(frameIndex);
  }

  /** Plays and tracks from here; the playhead's frame by default. */
  setIn(frameIndex = this.#context.store.getState().playback.frameIndex): void {
    const last = this.#context.video().frameCount - 1;
    const to = this.#context.store.getState().playback.range?.to ?? last;
    this.#setRange({ from: frameIndex, to: to < frameIndex ? last : to });
  }

  /** And up to here, inclusive. */
  setOut(frameIndex = this.#context.store.getState().playback.frameIndex): void {
    const from = this.#context.store.getState().playback.range?.from ?? 0;
    this.#setRange({ from: from > frameIndex ? 0 : from, to: frameIndex });
  }

  clearRange(): void {
    if (this.#context.store.getState().playback.range) this.#setRange(null);
  }

  /** @param speed 1 is the video's own */
  setSpeed(speed: number): void {
    patch(this.#context.store, 'playback', { speed });
  }

  toggle(): void {
    if (this.#stop) this.pause();
    else this.play();
  }

  /** From the playhead; from the start, or from in, when it is at the end or beyond. @throws `no-video` */
  play(): void {
    const { frameCount } = this.#context.video();
    if (this.#stop || frameCount < 2) return;
    this.#leaveRun();
    const { store } = this.#context;
    const { frameIndex, range, isLooping } = store.getState().playback;
    const { from, to } = range ?? { from: 0, to: frameCount - 1 };
    const isOutside = frameIndex === frameCount - 1 || (isLooping && (frameIndex < from || frameIndex >= to));
    patch(store, 'playback', { isPlaying: true });
    this.#stop = this.#run(isOutside ? from : frameIndex);
  }

  pause(): void {
    if (!this.#stop) return;
    this.#stop();
    this.#stop = null;
    const { store } = this.#context;
    // The playhead rests on what is seen.
    patch(store, 'playback', { isPlaying: false, frameIndex: store.getState().playback.shownFrame });
  }

  #setRange(range: PlaybackState['range']): void {
    // A handle that is dragged makes one step.
    this.#history.begin('range', { mergeKey: 'range' });
    patch(this.#context.store, 'playback', { range });
  }

  async #moveTo(frameIndex: number): Promise<void> {
    patch(this.#context.store, 'playback', { frameIndex });
    await this.#presenter.show(frameIndex);
  }

  #leaveRun(): void {
    const { store } = this.#context;
    const { run } = store.getState().tracking;
    if (run?.isFollowed) patch(store, 'tracking', { run: { ...run, isFollowed: false } });
  }

  #run(start: number): () => void {
    const { clock, store } = this.#context;
    const { timestampsUs, durationUs, frameCount } = this.#context.video();
    const ready: ReadyFrame[] = [];
    let isStopped = false;
    let underway = 0;
    let nextAsked = start;
    let timeUs = timestampsUs[start]!;
    let lastTickMs = clock.nowMs();

    /** Where it ends or begins again; may change while it plays. */
    const end = () => {
      const { range, isLooping } = store.getState().playback;
      return isLooping && range && range.to >= start ? range.to : frameCount - 1;
    };
    const add = (frame: ReadyFrame) => {
      ready.push(frame);
      ready.sort((a, b) => a.frameIndex - b.frameIndex);
    };
    const mayAsk = () => underway + ready.length < lookahead && nextAsked <= end();
    const ask = (frameIndex: number) => {
      underway++;
      nextAsked = frameIndex + 1;
      this.#presenter
        .fetch(frameIndex)
        .then((frame) => {
          if (isStopped) frame.close();
          else add({ frameIndex, frame });
        })
        .catch((error: unknown) => {
          if (isStopped) return;
          // A damaged frame takes its time, and says so: what comes after it may be whole.
          if (isOfFrame(error)) return add({ frameIndex, frame: null, error });
          this.pause();
          this.#context.report('frame', error);
        })
        .finally(() => underway--);
    };

    const tick = () => {
      if (isStopped) return;
      const nowMs = clock.nowMs();
      const elapsedMs = nowMs - lastTickMs;
      lastTickMs = nowMs;
      const { speed, isLooping, range } = store.getState().playback;
      if (elapsedMs < longestTickMs) timeUs += elapsedMs * 1000 * speed;
      const last = end();
      const due = Math.min(last, frameAt(timestampsUs, timeUs));
      while (ready.length > 1 && ready[1]!.frameIndex <= due) ready.shift()!.frame?.close();
      if (ready.length > 0 && ready[0]!.frameIndex <= due) {
        const next = ready.shift()!;
        const { frameIndex } = next;
        if (next.frame) {
          patch(store, 'playback', { frameIndex, shownFrame: frameIndex });
          this.#presenter.present(frameIndex, next.frame);
        } else this.#presenter.presentFailure(frameIndex, next.error);
      }
      if (timeUs >= (timestampsUs[last + 1] ?? durationUs) && store.getState().playback.shownFrame >= last) {
        this.pause();
        if (isLooping) {
          patch(store, 'playback', { isPlaying: true });
          this.#stop = this.#run(range?.from ?? 0);
        }
        return;
      }
      while (mayAsk()) ask(Math.max(nextAsked, due));
      clock.nextTick(tick);
    };
    clock.nextTick(tick);

    return () => {
      isStopped = true;
      for (const { frame } of ready.splice(0)) frame?.close();
    };
  }
}
