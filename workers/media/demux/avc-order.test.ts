import { describe, expect, it } from 'vitest';
import { AvcOrder } from './avc-order';

/** Writes the syntax elements of ISO 14496-10 §7.3, §9.1. */
class BitWriter {
  bits = '';

  u(count: number, value: number): this {
    this.bits += value.toString(2).padStart(count, '0');
    return this;
  }

  ue(...values: number[]): this {
    for (const value of values) {
      const digits = (value + 1).toString(2);
      this.bits += '0'.repeat(digits.length - 1) + digits;
    }
    return this;
  }

  se(...values: number[]): this {
    return this.ue(...values.map((value) => (value > 0 ? 2 * value - 1 : -2 * value)));
  }

  /** With a header byte in front, and bytes that keep start codes out. */
  unit(header: number): Uint8Array {
    const padded = `${this.bits}1`.padEnd(Math.ceil((this.bits.length + 1) / 8) * 8, '0');
    const bytes = [header];
    for (const byte of padded.match(/.{8}/g)!.map((eight) => Number.parseInt(eight, 2))) {
      if (byte <= 3 && bytes.at(-1) === 0 && bytes.at(-2) === 0) bytes.push(3);
      bytes.push(byte);
    }
    return Uint8Array.from(bytes);
  }
}

/** Main profile; four bits of frame numbers. */
function sequence(order: (bits: BitWriter) => BitWriter): Uint8Array {
  const start = new BitWriter().u(8, 77).u(8, 0).u(8, 10).ue(0, 0);
  // Reference frames, gaps, size in macroblocks, frames only, direct inference, crop, usability.
  return order(start).ue(2).u(1, 0).ue(7, 5).u(1, 1).u(1, 1).u(1, 0).u(1, 0).unit(0x67);
}

const picture = new BitWriter().ue(0, 0).u(1, 0).u(1, 0).ue(0, 0, 0).u(1, 0).u(2, 0).se(0, 0, 0).u(3, 0).unit(0x68);

function reader(order: (bits: BitWriter) => BitWriter): AvcOrder {
  const found = new AvcOrder();
  found.readParameterSet(sequence(order));
  found.readParameterSet(picture);
  return found;
}

/** Of type P, or I where it is a key; then the frame's number, and what tells its order. */
function slice(kind: 'key' | 'reference' | 'other', frameNum: number, order: (bits: BitWriter) => BitWriter, end = '') {
  const isKey = kind === 'key';
  const bits = new BitWriter().ue(0, isKey ? 7 : 5, 0).u(4, frameNum);
  if (isKey) bits.ue(0);
  order(bits);
  // No other number of references, no change of their list; then their marking.
  if (!isKey) bits.u(1, 0).u(1, 0);
  bits.bits += end || (kind === 'other' ? '' : isKey ? '00' : '0');
  return bits.unit(isKey ? 0x65 : kind === 'reference' ? 0x41 : 0x01);
}

const places = (order: AvcOrder, slices: Uint8Array[]) =>
  slices.map((one) => {
    const { sequence: part, order: place } = order.place(one);
    return [part, place];
  });

describe('the order of H.264', () => {
  const stored = (bits: BitWriter) => bits.ue(0, 0);
  const at = (low: number) => (bits: BitWriter) => bits.u(4, low);

  it('is stored by its low bits, which go round', () => {
    const order = reader(stored);
    expect(order.mayReorder).toBe(true);
    const slices = [
      slice('key', 0, at(0)),
      slice('reference', 1, at(6)),
      slice('other', 2, at(2)),
      slice('reference', 2, at(12)),
      slice('other', 3, at(8)),
      slice('reference', 3, at(2)),
      slice('other', 4, at(14)),
      slice('key', 0, at(0)),
    ];
    expect(places(order, slices)).toEqual([
      [0, 0],
      [0, 6],
      [0, 2],
      [0, 12],
      [0, 8],
      [0, 18],
      [0, 14],
      [1, 0],
    ]);
  });

  it('begins anew at a picture that resets all, as at a key', () => {
    const order = reader(stored);
    // Adaptive marking, command 5, end.
    const reset = `1${new BitWriter().ue(5, 0).bits}`;
    const slices = [
      slice('key', 0, at(0)),
      slice('reference', 1, at(8)),
      slice('other', 2, at(4)),
      slice('reference', 2, at(12), reset),
      slice('reference', 1, at(4)),
      slice('other', 2, at(2)),
    ];
    expect(places(order, slices)).toEqual([
      [0, 0],
      [0, 8],
      [0, 4],
      [1, 0],
      [1, 4],
      [1, 2],
    ]);
  });

  it('is counted by frame numbers, with an offset for those that nothing refers to', () => {
    // Type 1: deltas are written; offset of -4 for others, none to the bottom, a cycle of one reference that takes 6.
    const order = reader((bits) => bits.ue(1).u(1, 0).se(-4, 0).ue(1).se(6));
    const delta = (value: number) => (bits: BitWriter) => bits.se(value);
    const slices = [
      slice('key', 0, delta(0)),
      slice('reference', 1, delta(0)),
      slice('other', 2, delta(0)),
      slice('other', 2, delta(2)),
      slice('reference', 2, delta(0)),
    ];
    expect(places(order, slices)).toEqual([
      [0, 0],
      [0, 6],
      [0, 2],
      [0, 4],
      [0, 12],
    ]);
  });

  it('is that of decoding where the stream says so', () => {
    expect(reader((bits) => bits.ue(2)).mayReorder).toBe(false);
  });

  it('is unknown without parameter sets', () => {
    expect(() => new AvcOrder().place(slice('key', 0, at(0)))).toThrow(RangeError);
  });
});
