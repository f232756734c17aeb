/** Frame index in, image tensor out: pulls frames from the media worker one ahead, and closes each of them. */
import { asMaskletError } from '../../protocol/errors';
import type { FrameSource } from '../../protocol/media-contract';
import type { Remote } from '../../protocol/rpc';
import type { Manifest } from '../model-pack/manifest';
import type { Tensor } from '../runtime/ort';
import type { Runtime } from '../runtime/runtime';
import { preprocessPixels, readPixels } from './preprocess-frame';
import { createGpuPreprocessor, type GpuPreprocessor } from './preprocess-frame-gpu';

export type ImageTimes = { decode: number; preprocess: number };

export class ImageSource {
  readonly #frames: Remote<FrameSource>;
  readonly #runtime: Runtime;
  readonly #manifest: Manifest;
  #gpu: GpuPreprocessor | null;
  #ahead: { frameIndex: number; frame: Promise<VideoFrame> } | null = null;

  constructor(frames: Remote<FrameSource>, runtime: Runtime, manifest: Manifest) {
    this.#frames = frames;
    this.#runtime = runtime;
    this.#manifest = manifest;
    this.#gpu = runtime.gpu && createGpuPreprocessor(runtime.gpu, manifest.imageSize, manifest);
  }

  /** Starts decoding a frame that will be asked for next, beside whatever the graphs are doing. */
  prefetch(frameIndex: number): void {
    if (this.#ahead?.frameIndex === frameIndex) return;
    this.dropPrefetched();
    const frame = this.#frames.frame(frameIndex);
    // Whoever takes it sees the failure; nobody may.
    frame.catch(() => undefined);
    this.#ahead = { frameIndex, frame };
  }

  /** @returns float32[1, 3, S, S], owned by the caller. @throws `no-video`, `frame-out-of-range`, `decode-failed` */
  async image(frameIndex: number): Promise<{ image: Tensor; times: ImageTimes }> {
    const start = performance.now();
    const frame = await this.#take(frameIndex);
    const decoded = performance.now();
    try {
      const image = await this.#preprocess(frame);
      return { image, times: { decode: decoded - start, preprocess: performance.now() - decoded } };
    } catch (error) {
      throw asMaskletError(error);
    } finally {
      frame.close();
    }
  }

  dropPrefetched(): void {
    this.#ahead?.frame.then(
      (frame) => frame.close(),
      () => undefined,
    );
    this.#ahead = null;
  }

  #take(frameIndex: number): Promise<VideoFrame> {
    const ahead = this.#ahead;
    if (ahead?.frameIndex === frameIndex) {
      this.#ahead = null;
      return ahead.frame;
    }
    return this.#frames.frame(frameIndex);
  }

  async #preprocess(frame: VideoFrame): Promise<Tensor> {
    const { imageSize } = this.#manifest;
    const dims = [1, 3, imageSize, imageSize];
    if (this.#gpu) {
      try {
        return this.#runtime.tensors.adopt(this.#gpu.preprocess(frame), dims);
      } catch {
        // Some browsers can't import every kind of frame; the CPU can read them all.
        this.#gpu = null;
      }
    }
    const pixels = await readPixels(frame, imageSize);
    return this.#runtime.tensors.float(preprocessPixels(pixels, imageSize, this.#manifest), dims);
  }
}
