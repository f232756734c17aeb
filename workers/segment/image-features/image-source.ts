/** Frame index in, image tensor out: asks the media worker one frame ahead, and closes each frame it gets. */
import { asMaskletError } from '../../protocol/errors';
import type { FrameSource } from '../../protocol/media-contract';
import type { Remote } from '../../protocol/rpc';
import type { Manifest } from '../model-pack/manifest';
import type { Tensor } from '../runtime/ort';
import type { Runtime } from '../runtime/runtime';
import { PictureCache } from './picture-cache';
import { normalize } from './preprocess-frame';
import { createGpuPreprocessor, type GpuPreprocessor } from './preprocess-frame-gpu';

export type ImageTimes = { decode: number; preprocess: number };

/** A whole frame for the GPU; uint8[S, S, 3] where the CPU makes the tensor. */
type Picture = VideoFrame | Uint8ClampedArray;

export class ImageSource {
  #frames: Remote<FrameSource>;
  readonly #runtime: Runtime;
  readonly #manifest: Manifest;
  #gpu: GpuPreprocessor | null;
  readonly #pictures: PictureCache;
  #ahead: { frameIndex: number; picture: Promise<Picture> } | null = null;

  /** @param pictureBytes of pictures that are kept for `picture` */
  constructor(frames: Remote<FrameSource>, runtime: Runtime, manifest: Manifest, pictureBytes: number) {
    this.#frames = frames;
    this.#runtime = runtime;
    this.#manifest = manifest;
    this.#gpu = runtime.gpu && createGpuPreprocessor(runtime.gpu, manifest.imageSize, manifest);
    this.#pictures = new PictureCache(
      (frameIndex) => this.#frames.squashed(frameIndex, manifest.imageSize),
      pictureBytes,
    );
  }

  /** S */
  get imageSize(): number {
    return this.#manifest.imageSize;
  }

  /**
   * A frame as the model sees it, for the colours; kept for a while.
   * @returns uint8[S, S, 3], not to be changed. @throws as `image`
   */
  picture(frameIndex: number): Promise<Uint8ClampedArray> {
    return this.#pictures.get(frameIndex);
  }

  /** The same frames from elsewhere: a recording that is over is served as a file. */
  readFrom(frames: Remote<FrameSource>): void {
    this.dropPrefetched();
    this.#pictures.clear();
    this.#frames = frames;
  }

  /** Starts on a frame that will be asked for next, beside whatever the graphs are doing. */
  prefetch(frameIndex: number): void {
    if (this.#ahead?.frameIndex === frameIndex) return;
    this.dropPrefetched();
    const picture = this.#request(frameIndex);
    // Whoever takes it sees the failure; nobody may.
    picture.catch(() => undefined);
    this.#ahead = { frameIndex, picture };
  }

  /** @returns float32[1, 3, S, S], owned by the caller. @throws `no-video`, `frame-out-of-range`, `decode-failed` */
  async image(frameIndex: number): Promise<{ image: Tensor; times: ImageTimes }> {
    const start = performance.now();
    const picture = await this.#take(frameIndex);
    const got = performance.now();
    try {
      const image = await this.#preprocess(picture, frameIndex);
      return { image, times: { decode: got - start, preprocess: performance.now() - got } };
    } catch (error) {
      throw asMaskletError(error);
    } finally {
      close(picture);
    }
  }

  dropPrefetched(): void {
    this.#ahead?.picture.then(close, () => undefined);
    this.#ahead = null;
  }

  #request(frameIndex: number): Promise<Picture> {
    return this.#gpu ? this.#frames.frame(frameIndex) : this.picture(frameIndex);
  }

  #take(frameIndex: number): Promise<Picture> {
    const ahead = this.#ahead;
    if (ahead?.frameIndex !== frameIndex) return this.#request(frameIndex);
    this.#ahead = null;
    return ahead.picture;
  }

  async #preprocess(picture: Picture, frameIndex: number): Promise<Tensor> {
    const { imageSize } = this.#manifest;
    const dims = [1, 3, imageSize, imageSize];
    if (this.#gpu && picture instanceof VideoFrame) {
      try {
        return this.#runtime.tensors.adopt(this.#gpu.preprocess(picture), dims);
      } catch {
        // Some browsers can't import every kind of frame; the CPU can read them all.
        this.#gpu = null;
      }
    }
    const pixels = picture instanceof VideoFrame ? await this.picture(frameIndex) : picture;
    return this.#runtime.tensors.float(normalize(pixels, imageSize, this.#manifest), dims);
  }
}

function close(picture: Picture): void {
  if (picture instanceof VideoFrame) picture.close();
}
