/** A JSON array with an entry a frame, written as frames go by. */
import { TextPile } from './text-pile';

export class FrameList {
  readonly #pile = new TextPile();
  readonly #gap: string;
  #length = 0;

  /** @param gap stands for frames of which nothing is said */
  constructor(gap: unknown = null) {
    this.#gap = JSON.stringify(gap);
  }

  /** Frames come ascending. */
  set(frameIndex: number, value: unknown): void {
    while (this.#length < frameIndex) this.#add(this.#gap);
    this.#add(JSON.stringify(value));
  }

  /** The array's inside, without brackets. */
  end(frameCount: number): Blob {
    while (this.#length < frameCount) this.#add(this.#gap);
    return this.#pile.toBlob();
  }

  #add(text: string): void {
    this.#pile.add(this.#length === 0 ? text : `,${text}`);
    this.#length++;
  }
}
