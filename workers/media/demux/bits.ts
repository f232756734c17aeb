/** Bits of a NAL unit, as the syntax of H.264 and HEVC is written down. ISO 14496-10 §7.2, §9.1; ISO 23008-2 §7.2, §9.2. */

/** Bytes that keep start codes out of a NAL unit go. §7.4.1 */
export function withoutEmulation(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte, i) => !(byte === 3 && i >= 2 && bytes[i - 1] === 0 && bytes[i - 2] === 0));
}

export class Bits {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @throws RangeError at the end */
  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#position++) {
      const byte = this.#bytes[this.#position >> 3];
      if (byte === undefined) throw new RangeError('The bits end here');
      value = value * 2 + ((byte >> (7 - (this.#position & 7))) & 1);
    }
    return value;
  }

  /** `ue(v)`, §9.1 */
  exponential(): number {
    let zeros = 0;
    while (this.read(1) === 0) if (++zeros > 31) throw new RangeError('No number is so long');
    return 2 ** zeros - 1 + this.read(zeros);
  }

  /** `se(v)`, §9.1.1 */
  signedExponential(): number {
    const code = this.exponential();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}
