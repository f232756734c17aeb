/**
 * Encoded frames into a file as they come: fragments of about a second, each whole in itself, so that whatever ends a
 * recording, what came before is a video. Any frame written can be read back meanwhile. Held are the places of the
 * samples, and the bytes of those that are not on disk yet.
 */
import {
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  Output,
  StreamTarget,
  type StreamTargetChunk,
  type VideoCodec,
} from 'mediabunny';
import { MaskletError } from '../../protocol/errors';

const fragmentSeconds = 1;

type Sample = {
  isKey: boolean;
  timestampUs: number;
  sizeBytes: number;
  /** In the file; -1 while it has no place there. */
  offset: number;
  /** Until it is on disk. */
  bytes: Uint8Array<ArrayBuffer> | null;
};

/** Of `FileSystemSyncAccessHandle`, what a file needs. */
export type DiskFile = {
  read(target: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  truncate(sizeBytes: number): void;
  flush(): void;
  close(): void;
};

export class RecordingFile {
  readonly #disk: DiskFile;
  readonly #output: Output;
  readonly #track: EncodedVideoPacketSource;
  readonly #samples: Sample[] = [];
  readonly #started: Promise<void>;
  #firstUnplaced = 0;
  #firstUnwritten = 0;
  #writtenEnd = 0;

  constructor(disk: DiskFile, codec: VideoCodec) {
    this.#disk = disk;
    this.#track = new EncodedVideoPacketSource(codec);
    this.#output = new Output({
      format: new Mp4OutputFormat({
        fastStart: 'fragmented',
        minimumFragmentDuration: fragmentSeconds,
        onMdat: (data, position) => this.#place(data.byteLength, position),
      }),
      target: new StreamTarget(new WritableStream({ write: (chunk) => this.#write(chunk) })),
    });
    this.#output.addVideoTrack(this.#track);
    this.#started = this.#output.start();
  }

  get frameCount(): number {
    return this.#samples.length;
  }

  /**
   * Adds the next frame. Timestamps ascend.
   * @returns resolves when the file is ready for more
   * @throws `storage-full`, or what else the disk failed with
   */
  async add(chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata | undefined): Promise<void> {
    const bytes = new Uint8Array(chunk.byteLength);
    chunk.copyTo(bytes);
    const before = this.#samples.at(-1);
    const isKey = chunk.type === 'key';
    const { timestamp: timestampUs } = chunk;
    this.#samples.push({ isKey, timestampUs, sizeBytes: bytes.length, offset: -1, bytes });
    // The muxer takes the distance to the next frame instead, where there is one.
    const durationUs = before ? timestampUs - before.timestampUs : (chunk.duration ?? 0);
    const packet = new EncodedPacket(bytes, isKey ? 'key' : 'delta', timestampUs / 1e6, durationUs / 1e6);
    await this.#started;
    await this.#track.add(packet, metadata);
  }

  /** What has to be decoded, in order, to see frame n last. @throws `frame-out-of-range` */
  chunksFor(frameIndex: number): EncodedVideoChunk[] {
    const { length } = this.#samples;
    if (!this.#samples[frameIndex]) {
      throw new MaskletError('frame-out-of-range', `There is no frame ${frameIndex} among the ${length} recorded.`);
    }
    let first = frameIndex;
    while (first > 0 && !this.#samples[first]!.isKey) first--;
    return this.#samples.slice(first, frameIndex + 1).map((sample) => {
      const { timestampUs: timestamp, isKey } = sample;
      return new EncodedVideoChunk({ type: isKey ? 'key' : 'delta', timestamp, data: this.#read(sample) });
    });
  }

  /** Completes the file. After a failure it ends with the last fragment that was written. */
  async finish(): Promise<void> {
    try {
      await this.#output.finalize();
    } catch {
      await this.#output.cancel().catch(() => undefined);
      this.#disk.truncate(this.#writtenEnd);
    }
    this.#disk.flush();
    this.#disk.close();
  }

  /** Gives the file up as it is. */
  async abandon(): Promise<void> {
    await this.#output.cancel().catch(() => undefined);
    this.#disk.close();
  }

  /** The samples of a fragment follow each other behind the box's header. ISO 14496-12 §8.1.1. */
  #place(boxBytes: number, position: number): void {
    const headerBytes = boxBytes >= 2 ** 32 ? 16 : 8;
    let offset = position + headerBytes;
    while (this.#firstUnplaced < this.#samples.length && offset < position + boxBytes) {
      const sample = this.#samples[this.#firstUnplaced++]!;
      sample.offset = offset;
      offset += sample.sizeBytes;
    }
  }

  #write({ data, position }: StreamTargetChunk): void {
    const written = this.#disk.write(data, { at: position });
    if (written < data.byteLength) {
      throw new MaskletError('storage-full', 'The disk space this site may use is full. Free some and try again.');
    }
    this.#writtenEnd = Math.max(this.#writtenEnd, position + written);
    while (this.#firstUnwritten < this.#firstUnplaced) {
      const sample = this.#samples[this.#firstUnwritten]!;
      if (sample.offset + sample.sizeBytes > this.#writtenEnd) break;
      sample.bytes = null;
      this.#firstUnwritten++;
    }
  }

  #read({ bytes, offset, sizeBytes }: Sample): Uint8Array<ArrayBuffer> {
    if (bytes) return bytes;
    const read = new Uint8Array(sizeBytes);
    this.#disk.read(read, { at: offset });
    return read;
  }
}
