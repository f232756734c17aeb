/** Reads `.safetensors`: a JSON header with offsets, then raw little-endian bytes. Source: huggingface/safetensors, README § Format. */
import { MaskletError } from '../../protocol/errors';

export type SafeTensor = { dtype: string; shape: number[]; data: Uint8Array };

type HeaderEntry = { dtype: string; shape: number[]; data_offsets: [number, number] };

/**
 * @returns tensors by name; their bytes are views into `file`
 * @throws `model-corrupt` when the header is broken or points outside the file
 */
export function readSafetensors(file: Uint8Array): Map<string, SafeTensor> {
  const headerEnd =
    file.length < 8 ? NaN : 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (!(headerEnd <= file.length)) throw corrupt('its header is cut off');
  let header: Record<string, HeaderEntry>;
  try {
    header = JSON.parse(new TextDecoder().decode(file.subarray(8, headerEnd))) as Record<string, HeaderEntry>;
  } catch (error) {
    throw corrupt('its header is not JSON', error);
  }
  const tensors = new Map<string, SafeTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [start, end] = entry.data_offsets;
    if (!(start <= end && headerEnd + end <= file.length)) throw corrupt(`"${name}" lies outside the file`);
    tensors.set(name, {
      dtype: entry.dtype,
      shape: entry.shape,
      data: file.subarray(headerEnd + start, headerEnd + end),
    });
  }
  return tensors;
}

/** The numbers of a float32 or int32 tensor, copied to where they are aligned. */
export function tensorNumbers({ dtype, data }: SafeTensor): Float32Array | Int32Array {
  const bytes = data.slice().buffer;
  if (dtype === 'F32') return new Float32Array(bytes);
  if (dtype === 'I32') return new Int32Array(bytes);
  throw new TypeError(`Numbers of dtype ${dtype} are not read here`);
}

function corrupt(what: string, cause?: unknown): MaskletError {
  return new MaskletError('model-corrupt', `This safetensors file can't be read: ${what}.`, { cause });
}
