/**
 * COCO's compressed run lengths: a string of characters from '0' on, 5 bits and a continuation bit each; from the third
 * run on, the difference from two runs before.
 * Source: cocodataset/cocoapi common/maskApi.c `rleToString`, `rleFrString`.
 */
import { MaskletError } from '../protocol/errors';

export function toCocoString(counts: Uint32Array): string {
  let text = '';
  for (let n = 0; n < counts.length; n++) {
    let value = n > 2 ? counts[n]! - counts[n - 2]! : counts[n]!;
    for (let more = true; more;) {
      let bits = value & 0x1f;
      value >>= 5;
      // The sign is the last character's highest bit.
      more = (bits & 0x10) === 0 ? value !== 0 : value !== -1;
      if (more) bits |= 0x20;
      text += String.fromCodePoint(bits + 48);
    }
  }
  return text;
}

/** @throws `invalid-argument` for a text that no encoder writes */
export function fromCocoString(text: string): Uint32Array {
  const counts: number[] = [];
  for (let at = 0; at < text.length;) {
    let value = 0;
    let shift = 0;
    for (let more = true; more;) {
      const bits = (text.codePointAt(at) ?? 0) - 48;
      if (at >= text.length || bits < 0 || bits > 63 || shift > 30) throw notRunLengths(at);
      at++;
      value |= (bits & 0x1f) << shift;
      shift += 5;
      more = (bits & 0x20) !== 0;
      if (!more && (bits & 0x10) !== 0 && shift < 32) value |= -1 << shift;
    }
    if (counts.length > 2) value += counts[counts.length - 2]!;
    if (value < 0) throw notRunLengths(at);
    counts.push(value);
  }
  return Uint32Array.from(counts);
}

function notRunLengths(at: number): MaskletError {
  return new MaskletError('invalid-argument', `This is no compressed run-length string: character ${at + 1} is wrong.`);
}
