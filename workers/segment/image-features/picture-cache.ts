/** Frames as the image encoder sees them, by number: asked for again by what needs their colours after the encoder. */

export class PictureCache {
  readonly #read: (frameIndex: number) => Promise<Uint8ClampedArray>;
  readonly #limitBytes: number;
  /** Least recently used first. */
  readonly #pictures = new Map<number, Promise<Uint8ClampedArray>>();
  #bytes = 0;

  /** @param read the frame squashed to the model's size: uint8[S, S, 3] */
  constructor(read: (frameIndex: number) => Promise<Uint8ClampedArray>, limitBytes: number) {
    this.#read = read;
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws what `read` throws; the frame is asked for again the next time */
  get(frameIndex: number): Promise<Uint8ClampedArray> {
    const known = this.#pictures.get(frameIndex);
    if (known) {
      this.#pictures.delete(frameIndex);
      this.#pictures.set(frameIndex, known);
      return known;
    }
    const picture = this.#read(frameIndex);
    this.#pictures.set(frameIndex, picture);
    picture.then(
      ({ byteLength }) => {
        if (this.#pictures.get(frameIndex) !== picture) return;
        this.#bytes += byteLength;
        this.#evict(byteLength);
      },
      () => {
        if (this.#pictures.get(frameIndex) === picture) this.#pictures.delete(frameIndex);
      },
    );
    return picture;
  }

  clear(): void {
    this.#pictures.clear();
    this.#bytes = 0;
  }

  /** All pictures of a model have one size. */
  #evict(pictureBytes: number): void {
    for (const frameIndex of this.#pictures.keys()) {
      if (this.#bytes <= this.#limitBytes) return;
      this.#pictures.delete(frameIndex);
      this.#bytes -= pictureBytes;
    }
  }
}
