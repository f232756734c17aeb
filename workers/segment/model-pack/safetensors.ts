/** Reads `.safetensors`: a JSON header with offsets, then raw little-endian bytes. Source: huggingface/safetensors, README § Format. */
import { MaskletError } from '../../protocol/errors';

export type SafeTensor = { dtype: string; shape: number[]; data: Uint8Array };

export type Safetensors = { tensors: Map<string, SafeTensor>; metadata: Record<string, string> };

type HeaderEntry = { dtype: string; shape: number[]; data_offsets: [number, number] };

/**
 * @returns tensors by name; their bytes are views into `file`
 * @throws `model-corrupt` when the header is broken or points outside the file
 */
export function readSafetensors(file: Uint8Array): Safetensors {
  const headerEnd =
    file.length < 8 ? NaN : 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (!(headerEnd <= file.length)) throw corrupt('its header is cut off');
  let header: Record<string, HeaderEntry> & { __metadata__?: Record<string, string> };
  try {
    header = JSON.parse(new TextDecoder().decode(file.subarray(8, headerEnd))) as typeof header;
  } catch (error) {
    throw corrupt('its header is not JSON', error);
  }
  const tensors = new Map<string, SafeTensor>();
  const { __metadata__: metadata = {}, ...entries } = header;
  for (const [name, entry] of Object.entries(entries)) {
    const [start, end] = entry.data_offsets;
    if (!(start <= end && headerEnd + end <= file.length)) throw corrupt(`"${name}" lies outside the file`);
    tensors.set(name, {
      dtype: entry.dtype,
      shape: entry.shape,
      data: file.subarray(headerEnd + start, headerEnd + end),
    });
  }
  return { tensors, metadata };
}

/** The numbers of a tensor: integers as they are stored, floats of any width as float32. */
export function tensorNumbers({ dtype, data }: SafeTensor): Float32Array | Int32Array | Uint8Array {
  const bytes = data.slice().buffer;
  switch (dtype) {
    case 'F32':
      return new Float32Array(bytes);
    case 'BF16': {
      // The upper half of a float32.
      const bits = Uint32Array.from(new Uint16Array(bytes), (half) => half << 16);
      return new Float32Array(bits.buffer);
    }
    case 'I32':
      return new Int32Array(bytes);
    case 'U8':
      return new Uint8Array(bytes);
    default:
      throw new TypeError(`Numbers of dtype ${dtype} are not read here`);
  }
}

function corrupt(what: string, cause?: unknown): MaskletError {
  return new MaskletError('model-corrupt', `This safetensors file can't be read: ${what}.`, { cause });
}
