/**
 * The video's sound: the browser's own player, led by the playhead. It says nothing where the file has no sound, or one
 * that the browser can't play.
 */
import { watch } from '../state/store';
import type { EngineContext } from './context';

/** Heard later or earlier than its frame by more than this, the sound is set right. */
const mostDriftS = 0.12;

export type CreateAudio = () => HTMLAudioElement;

export class Sound {
  readonly #context: EngineContext;
  readonly #audio: HTMLAudioElement;
  #url: string | null = null;

  constructor(context: EngineContext, createAudio: CreateAudio) {
    this.#context = context;
    this.#audio = createAudio();
    this.#audio.preload = 'metadata';
    const { store } = context;
    watch(
      store,
      ({ playback }) => playback.isPlaying,
      (isPlaying) => (isPlaying ? this.#start() : this.#audio.pause()),
    );
    watch(
      store,
      ({ playback }) => playback.speed,
      (speed) => (this.#audio.playbackRate = speed),
    );
    watch(
      store,
      ({ playback }) => playback.isMuted,
      (isMuted) => (this.#audio.muted = isMuted),
    );
    watch(
      store,
      ({ playback }) => playback.shownFrame,
      () => this.#follow(),
    );
  }

  /** @param file of the video just opened; null for pictures */
  open(file: Blob | null): void {
    this.#audio.pause();
    if (this.#url !== null) URL.revokeObjectURL(this.#url);
    this.#url = file && URL.createObjectURL(file);
    if (this.#url === null) this.#audio.removeAttribute('src');
    else this.#audio.src = this.#url;
  }

  #start(): void {
    if (this.#url === null) return;
    const { speed, isMuted, frameIndex } = this.#context.store.getState().playback;
    this.#audio.muted = isMuted;
    this.#audio.playbackRate = speed;
    this.#audio.currentTime = this.#secondsOf(frameIndex);
    // Refused without sound, or before the first gesture: the picture plays all the same.
    this.#audio.play().catch(() => undefined);
  }

  #follow(): void {
    const { isPlaying, shownFrame } = this.#context.store.getState().playback;
    if (!isPlaying || this.#audio.paused) return;
    const shouldBe = this.#secondsOf(shownFrame);
    if (Math.abs(this.#audio.currentTime - shouldBe) > mostDriftS) this.#audio.currentTime = shouldBe;
  }

  /** In the file; its sound is taken to begin with its first frame. */
  #secondsOf(frameIndex: number): number {
    const { timestampsUs, sourceStartUs } = this.#context.video();
    return (sourceStartUs + timestampsUs[frameIndex]!) / 1e6;
  }
}
