/** One tensor in a file of weights, and its numbers whatever floats they are stored as. */
import { MaskletError } from '../../protocol/errors';

export type DType = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'U8' | 'other';

export type StoredTensor = {
  dtype: DType;
  shape: readonly number[];
  sizeBytes: number;
  /** Reads the tensor's bytes, little-endian and in row-major order. */
  read(): Promise<ArrayBuffer>;
};

const bytesPerElement: Record<DType, number> = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1, other: NaN };

/** Bytes of a tensor of a shape; NaN where elements have no size we know. */
export function tensorBytes(dtype: DType, shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1) * bytesPerElement[dtype];
}

/** One of so many equal parts of a tensor along its first axis, read as a tensor of its own. */
export function partOf(tensor: StoredTensor, part: number, of: number): StoredTensor {
  const [rows = 0, ...rest] = tensor.shape;
  const sizeBytes = tensor.sizeBytes / of;
  const read = async () => (await tensor.read()).slice(part * sizeBytes, (part + 1) * sizeBytes);
  return { dtype: tensor.dtype, shape: [rows / of, ...rest], sizeBytes, read };
}

/** Float32 numbers of a float tensor of any width. @throws `model-incompatible` for other types */
export async function readAsFloat32(tensor: StoredTensor): Promise<Float32Array<ArrayBuffer>> {
  return asFloat32(tensor.dtype, await tensor.read());
}

export function asFloat32(dtype: DType, bytes: ArrayBuffer): Float32Array<ArrayBuffer> {
  if (dtype === 'F32') return new Float32Array(bytes);
  if (dtype === 'F64') return Float32Array.from(new Float64Array(bytes));
  if (dtype === 'F16') return Float32Array.from(new Uint16Array(bytes), (half) => halves()[half]!);
  // The upper half of a float32.
  if (dtype === 'BF16') return new Float32Array(Uint32Array.from(new Uint16Array(bytes), (half) => half << 16).buffer);
  throw new MaskletError('model-incompatible', `Weights of type ${dtype} can't be used: take a file of floats.`);
}

export function isFloat(dtype: DType): boolean {
  return dtype === 'F64' || dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}

let halfTable: Float32Array | null = null;

/** Value of every float16 by its bits: looking one up is faster than computing it. Source: IEEE 754 binary16. */
function halves(): Float32Array {
  if (halfTable) return halfTable;
  const table = new Float32Array(65_536);
  for (let bits = 0; bits < table.length; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 31) table[bits] = fraction ? NaN : sign * Infinity;
    else if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  halfTable = table;
  return table;
}
