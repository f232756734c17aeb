/** Text that grows while frames go by and is written when the last one has: what is large lies on disk, not in memory. */

/** A browser moves blobs out of memory by itself. */
const maxTextLength = 1 << 22;

export class TextPile {
  #blob = new Blob([]);
  #texts: string[] = [];
  #length = 0;

  add(text: string): void {
    this.#texts.push(text);
    this.#length += text.length;
    if (this.#length >= maxTextLength) this.#blob = this.toBlob();
  }

  /** All that was added. */
  toBlob(): Blob {
    const blob = new Blob([this.#blob, ...this.#texts]);
    this.#texts = [];
    this.#length = 0;
    return (this.#blob = blob);
  }
}
