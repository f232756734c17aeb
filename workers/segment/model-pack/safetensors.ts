/** Reads `.safetensors`: a JSON header with offsets, then raw little-endian bytes. Source: huggingface/safetensors, README § Format. */
import { MaskletError } from '../../protocol/errors';
import { asFloat32, tensorBytes, type DType, type StoredTensor } from './stored-tensor';

/** The format's own limit. */
const maxHeaderBytes = 100e6;
const dtypes: ReadonlySet<string> = new Set<DType>(['F64', 'F32', 'F16', 'BF16', 'I64', 'I32', 'U8']);

type Entry = { dtype: string; shape: number[]; data_offsets: [number, number] };

export type SafeTensor = { dtype: string; shape: number[]; data: Uint8Array };

/** A whole file in memory: names, and bytes as views into it. */
export type Safetensors = {
  tensors: Map<string, SafeTensor>;
  metadata: Record<string, string>;
};

/**
 * @returns tensors by name; their bytes are read from `file` when asked for
 * @throws `model-corrupt` when the header is broken or points outside the file, or the file goes on behind its tensors
 */
export async function readSafetensorsIndex(file: Blob): Promise<Map<string, StoredTensor>> {
  const dataStart = headerEnd(new Uint8Array(await file.slice(0, 8).arrayBuffer()), file.size);
  const { entries } = parseHeader(new Uint8Array(await file.slice(8, dataStart).arrayBuffer()), file.size - dataStart);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of entries) {
    tensors.set(name, {
      dtype: dtypes.has(dtype) ? (dtype as DType) : 'other',
      shape,
      sizeBytes: offsets[1] - offsets[0],
      read: () => file.slice(dataStart + offsets[0], dataStart + offsets[1]).arrayBuffer(),
    });
  }
  return tensors;
}

/** The same for a file in memory. */
export function readSafetensors(file: Uint8Array): Safetensors {
  const dataStart = headerEnd(file.subarray(0, 8), file.length);
  const { entries, metadata } = parseHeader(file.subarray(8, dataStart), file.length - dataStart);
  const tensors = entries.map(([name, { dtype, shape, data_offsets: offsets }]) => {
    return [name, { dtype, shape, data: file.subarray(dataStart + offsets[0], dataStart + offsets[1]) }] as const;
  });
  return { tensors: new Map(tensors), metadata };
}

/** The numbers of a tensor in memory: integers as they are stored, floats of any width as float32. */
export function tensorNumbers({ dtype, data }: SafeTensor): Float32Array | Int32Array | Uint8Array {
  const bytes = data.slice().buffer;
  if (dtype === 'I32') return new Int32Array(bytes);
  if (dtype === 'U8') return new Uint8Array(bytes);
  return asFloat32(dtype as DType, bytes);
}

function headerEnd(start: Uint8Array, fileBytes: number): number {
  if (start.length < 8) throw corrupt('its header is cut off');
  const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  if (length > maxHeaderBytes || 8 + length > fileBytes) throw corrupt('its header is cut off');
  return 8 + length;
}

function parseHeader(
  bytes: Uint8Array,
  dataBytes: number,
): { entries: [string, Entry][]; metadata: Record<string, string> } {
  const { __metadata__: metadata = {}, ...rest } = parseJson(bytes);
  const entries = Object.entries(rest).map(([name, value]) => [name, asEntry(name, value)] as [string, Entry]);
  let end = 0;
  for (const [name, { dtype, shape, data_offsets: offsets }] of entries) {
    if (offsets[1] > dataBytes) throw corrupt(`it is cut off: "${name}" lies beyond its end`);
    if (dtypes.has(dtype) && tensorBytes(dtype as DType, shape) !== offsets[1] - offsets[0]) {
      throw corrupt(`"${name}" has not as many bytes as its shape asks for`);
    }
    end = Math.max(end, offsets[1]);
  }
  if (end !== dataBytes) throw corrupt('there is more in it than its tensors');
  return { entries, metadata: metadata as Record<string, string> };
}

function parseJson(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw corrupt('its header is not JSON', error);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw corrupt('its header is no object');
  return header as Record<string, unknown>;
}

function asEntry(name: string, value: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Partial<Entry>;
  const isValid =
    typeof dtype === 'string' &&
    isCounts(shape) &&
    isCounts(offsets) &&
    offsets.length === 2 &&
    offsets[0] <= offsets[1];
  if (!isValid) throw corrupt(`the entry of "${name}" is broken`);
  return { dtype, shape, data_offsets: offsets };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function corrupt(what: string, cause?: unknown): MaskletError {
  return new MaskletError('model-corrupt', `This safetensors file can't be read: ${what}.`, { cause });
}
