/** A JSON array with an entry a frame, written as frames go by: null where there is nothing to say. */
import { TextPile } from './text-pile';

export class FrameList {
  readonly #pile = new TextPile();
  #length = 0;

  /** Frames come ascending. */
  set(frameIndex: number, value: unknown): void {
    while (this.#length < frameIndex) this.#add('null');
    this.#add(JSON.stringify(value));
  }

  /** The array's inside, without brackets. */
  end(frameCount: number): Blob {
    while (this.#length < frameCount) this.#add('null');
    return this.#pile.toBlob();
  }

  #add(text: string): void {
    this.#pile.add(this.#length === 0 ? text : `,${text}`);
    this.#length++;
  }
}
