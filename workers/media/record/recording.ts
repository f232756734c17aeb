/**
 * A live source's frames in, a video file out. A frame has a number once the encoder has given it back: what the encoder
 * drops has none, so a number here is the number in the file. Nothing is queued: what comes too fast is refused.
 */
import { asMaskletError, MaskletError } from '../../protocol/errors';
import type { RecordedFrame } from '../../protocol/media-contract';
import { copyFrame } from '../decode/copy-frame';
import type { LiveFrames } from '../decode/live-frames';
import { recordingCodec, type RecordingCodec } from './encoder-config';
import { FrameFitter } from './fit-frame';
import { RecordingFile, type DiskFile } from './recording-file';

/** Frames in the encoder at once. A camera has some 10 of them in all, and stands still without any. */
const maxEncoding = 3;
/** Encoded frames that wait for the disk. */
const maxUnwritten = 90;
/** Newest frames kept, copied out of the camera's memory; those before are read back from the file. */
const keptFrames = 3;
/** Seeking decodes from a key frame on. */
const keyFrameUs = 1_000_000;

type Encoding = { frame: VideoFrame; timestampUs: number; resolve: (recorded: RecordedFrame | null) => void };

export class Recording {
  readonly #disk: DiskFile;
  readonly #framesPerSecond: number;
  readonly #live: LiveFrames;
  /** In the order they went in. */
  readonly #encoding: Encoding[] = [];
  readonly #kept = new Map<number, VideoFrame>();
  readonly #copies = new Set<Promise<void>>();
  #fitter: FrameFitter | null = null;
  #encoder: Promise<VideoEncoder> | null = null;
  #file: RecordingFile | null = null;
  #decoderConfig: VideoDecoderConfig | null = null;
  #unwritten = 0;
  #firstUs = 0;
  #lastUs = -1;
  #keyUs = -Infinity;
  #failure: MaskletError | null = null;
  #isOver = false;

  constructor(disk: DiskFile, framesPerSecond: number, live: LiveFrames) {
    this.#disk = disk;
    this.#framesPerSecond = framesPerSecond;
    this.#live = live;
  }

  get frameCount(): number {
    return this.#file?.frameCount ?? 0;
  }

  /**
   * Takes the frame over.
   * @returns its number and time, or null when it was dropped because those before it are not done
   * @throws `unsupported-codec`, `storage-full`, and what else the encoder failed with
   */
  async record(frame: VideoFrame): Promise<RecordedFrame | null> {
    this.#live.adopt(frame);
    try {
      this.#fitter ??= new FrameFitter(frame);
      this.#encoder ??= this.#start(frame.timestamp, this.#fitter);
      const encoder = await this.#encoder;
      if (this.#failure) throw this.#failure;
      const timestampUs = frame.timestamp - this.#firstUs;
      const isBehind = this.#encoding.length >= maxEncoding || this.#unwritten >= maxUnwritten;
      if (this.#isOver || isBehind || timestampUs <= this.#lastUs) return null;
      return await this.#encode(encoder, frame, timestampUs);
    } finally {
      this.#live.close(frame);
    }
  }

  /** Frame n as it was recorded. The caller's to close. @throws `frame-out-of-range`, `decode-failed` */
  async frame(frameIndex: number): Promise<VideoFrame> {
    const kept = this.#kept.get(frameIndex);
    if (kept) return this.#live.adopt(kept.clone());
    if (!this.#file || !this.#decoderConfig) {
      throw new MaskletError('frame-out-of-range', `There is no frame ${frameIndex}: nothing is recorded yet.`);
    }
    return this.#live.adopt(await decodeLast(this.#decoderConfig, this.#file.chunksFor(frameIndex)));
  }

  /**
   * Completes the file with all that was recorded, also after a failure.
   * @returns the number of frames in it
   */
  async finish(): Promise<number> {
    this.#isOver = true;
    const encoder = await this.#encoder?.catch(() => null);
    // What is in a failed encoder is lost; what came out is not.
    if (encoder?.state === 'configured') await encoder.flush().catch(() => undefined);
    await this.#end(encoder);
    if (this.#file) await this.#file.finish();
    else this.#disk.close();
    return this.frameCount;
  }

  /** Gives everything up. */
  async discard(): Promise<void> {
    this.#isOver = true;
    await this.#end(await this.#encoder?.catch(() => null));
    if (this.#file) await this.#file.abandon();
    else this.#disk.close();
  }

  async #end(encoder: VideoEncoder | null | undefined): Promise<void> {
    if (encoder && encoder.state !== 'closed') encoder.close();
    for (const { frame, resolve } of this.#encoding.splice(0)) {
      this.#live.close(frame);
      resolve(null);
    }
    for (const frame of this.#kept.values()) this.#live.close(frame);
    this.#kept.clear();
    await Promise.all(this.#copies);
  }

  async #start(firstUs: number, { width, height }: FrameFitter): Promise<VideoEncoder> {
    const { codec, config }: RecordingCodec = await recordingCodec(width, height, this.#framesPerSecond);
    this.#firstUs = firstUs;
    this.#file = new RecordingFile(this.#disk, codec);
    const encoder = new VideoEncoder({
      output: (chunk, metadata) => this.#take(chunk, metadata),
      error: (error) => this.#fail(error),
    });
    encoder.configure(config);
    return encoder;
  }

  #encode(encoder: VideoEncoder, frame: VideoFrame, timestampUs: number): Promise<RecordedFrame | null> {
    const fitted = this.#live.adopt(this.#fitter!.fit(frame, timestampUs));
    const isKey = timestampUs - this.#keyUs >= keyFrameUs;
    return new Promise((resolve, reject) => {
      try {
        encoder.encode(fitted, { keyFrame: isKey });
      } catch (error) {
        this.#live.close(fitted);
        this.#fail(error);
        reject(this.#failure!);
        return;
      }
      if (isKey) this.#keyUs = timestampUs;
      this.#lastUs = timestampUs;
      this.#encoding.push({ frame: fitted, timestampUs, resolve });
    });
  }

  /** A chunk is told by the time of its frame: those before it that have none were dropped by the encoder. */
  #take(chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata | undefined): void {
    while (this.#encoding.length > 0 && this.#encoding[0]!.timestampUs < chunk.timestamp) {
      const { frame, resolve } = this.#encoding.shift()!;
      this.#live.close(frame);
      resolve(null);
    }
    const encoded = this.#encoding.shift();
    if (encoded?.timestampUs !== chunk.timestamp) {
      this.#fail(new MaskletError('internal', 'The encoder gave frames back in another order.'));
      return;
    }
    if (metadata?.decoderConfig) this.#decoderConfig = metadata.decoderConfig;
    const file = this.#file!;
    const { frame, timestampUs, resolve } = encoded;
    const frameIndex = file.frameCount;
    this.#unwritten++;
    file
      .add(chunk, metadata)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => this.#unwritten--);
    this.#keep(frameIndex, frame);
    resolve({ frameIndex, timestampUs });
  }

  #keep(frameIndex: number, frame: VideoFrame): void {
    this.#kept.set(frameIndex, frame);
    const copy: Promise<void> = this.#replaceByCopy(frameIndex, frame).finally(() => this.#copies.delete(copy));
    this.#copies.add(copy);
    for (const [oldest, old] of this.#kept) {
      if (this.#kept.size <= keptFrames) return;
      this.#kept.delete(oldest);
      this.#live.close(old);
    }
  }

  /** Gives the camera its memory back. */
  async #replaceByCopy(frameIndex: number, frame: VideoFrame): Promise<void> {
    // It may go, and be closed, while the copy is made.
    const source = this.#live.adopt(frame.clone());
    try {
      const copy = this.#live.adopt(await copyFrame(source));
      if (this.#kept.get(frameIndex) !== frame) return this.#live.close(copy);
      this.#kept.set(frameIndex, copy);
      this.#live.close(frame);
    } catch {
      // The camera's own does as well.
    } finally {
      this.#live.close(source);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= asMaskletError(error);
    for (const { frame, resolve } of this.#encoding.splice(0)) {
      this.#live.close(frame);
      resolve(null);
    }
  }
}

/** The picture of the last chunk. The caller's to close. @throws `decode-failed` */
async function decodeLast(config: VideoDecoderConfig, chunks: readonly EncodedVideoChunk[]): Promise<VideoFrame> {
  let last: VideoFrame | null = null;
  let failure: unknown = null;
  const decoder = new VideoDecoder({
    output: (frame) => {
      last?.close();
      last = frame;
    },
    error: (error) => (failure = error),
  });
  try {
    decoder.configure({ ...config, optimizeForLatency: true });
    for (const chunk of chunks) decoder.decode(chunk);
    await decoder.flush();
  } catch (error) {
    failure ??= error;
  } finally {
    if (decoder.state !== 'closed') decoder.close();
  }
  const decoded = last as VideoFrame | null;
  if (decoded?.timestamp === chunks.at(-1)!.timestamp) return decoded;
  decoded?.close();
  throw new MaskletError('decode-failed', 'A recorded frame could not be read back.', { cause: failure });
}
