/** The tensors of a `.pt` file as `torch.save` writes it: a zip with a pickle that points at files of raw numbers. */
import { MaskletError } from '../../protocol/errors';
import { isNamed, readPickle, type PickleRules, type PickleValue } from './pickle';
import { findStateDict } from './state-dict';
import { tensorBytes, type DType, type StoredTensor } from './stored-tensor';
import { readZipEntries, type ZipEntry } from './zip-archive';

const storages: Record<string, DType> = {
  'torch.DoubleStorage': 'F64',
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ByteStorage': 'U8',
  // No weights, but a training run may have kept some beside them. One byte each.
  'torch.BoolStorage': 'U8',
  'torch.CharStorage': 'U8',
};
/** Everything a checkpoint may name besides storages: two ways to make a tensor, and the ordered dictionary. */
const functions: ReadonlySet<string> = new Set([
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_parameter',
  'collections.OrderedDict',
]);
const maxPickleBytes = 64e6;

type Storage = { readonly kind: 'storage'; dtype: DType; key: string };
type Tensor = { readonly kind: 'tensor'; storage: Storage; offset: number; shape: number[]; strides: number[] };
type Global = { readonly kind: 'global'; name: string };

/**
 * @returns the tensors by name; those of the model in it where there is more than one dictionary
 * @throws `model-corrupt`, `model-incompatible` where the checkpoint holds more than tensors
 */
export async function readTorchIndex(file: Blob): Promise<Map<string, StoredTensor>> {
  const entries = await readZipEntries(file);
  const pickle = [...entries.values()].find(({ name }) => name.endsWith('/data.pkl'));
  if (!pickle) {
    throw new MaskletError('model-incompatible', 'This zip file is no PyTorch checkpoint: it has no data.pkl.');
  }
  if (pickle.sizeBytes > maxPickleBytes) throw corrupt('its pickle is too large for a list of tensors');
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const order = entries.get(`${folder}byteorder`);
  if (order && (await (await order.blob()).text()) !== 'little') {
    throw new MaskletError('model-incompatible', 'This checkpoint was saved on a big-endian machine.');
  }
  const content = readPickle(new Uint8Array(await (await pickle.blob()).arrayBuffer()), rules);
  const state = findStateDict(content, isTensor);
  if (!state) throw new MaskletError('model-incompatible', 'This checkpoint holds no state dict.');
  const tensors = new Map<string, StoredTensor>();
  for (const [name, value] of state) {
    tensors.set(name, storedTensor(name, value, entries.get(`${folder}data/${value.storage.key}`)));
  }
  return tensors;
}

const rules: PickleRules = {
  global: (name) => (functions.has(name) || name in storages ? ({ kind: 'global', name } as Global) : undefined),

  call(what, args) {
    const { name } = what as Global;
    if (name === 'collections.OrderedDict' && args.length === 0) return new Map();
    if (name === 'torch._utils._rebuild_tensor_v2') return rebuildTensor(args);
    if (name === 'torch._utils._rebuild_parameter' && isTensor(args[0])) return args[0];
    throw corrupt('it calls what can not be called so');
  },

  persistent(id) {
    const [kind, storage, key] = Array.isArray(id) ? id : [];
    const dtype = isNamed(storage) ? storages[(storage as Global).name] : undefined;
    if (kind !== 'storage' || !dtype || typeof key !== 'string') throw corrupt('a tensor in it has no numbers');
    return { kind: 'storage', dtype, key } as Storage;
  },
};

function rebuildTensor([storage, offset, shape, strides]: PickleValue[]): Tensor {
  const isValid = isNamed(storage) && storage.kind === 'storage' && isCount(offset) && isCounts(shape);
  if (!isValid || !isCounts(strides) || shape.length !== strides.length) throw corrupt('a tensor in it is broken');
  return { kind: 'tensor', storage: storage as Storage, offset, shape, strides };
}

function storedTensor(name: string, tensor: Tensor, entry: ZipEntry | undefined): StoredTensor {
  const { storage, offset, shape, strides } = tensor;
  const sizeBytes = tensorBytes(storage.dtype, shape);
  const start = tensorBytes(storage.dtype, [offset]);
  if (!entry || start + sizeBytes > entry.sizeBytes) throw corrupt(`the numbers of "${name}" are missing`);
  if (!isRowMajor(shape, strides)) {
    throw new MaskletError(
      'model-incompatible',
      `"${name}" is stored as a view of another tensor: save it contiguous.`,
    );
  }
  return {
    dtype: storage.dtype,
    shape,
    sizeBytes,
    read: async () => (await entry.blob()).slice(start, start + sizeBytes).arrayBuffer(),
  };
}

function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    // Along an axis of one the stride says nothing.
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

function isTensor(value: PickleValue | undefined): value is Tensor {
  return isNamed(value) && value.kind === 'tensor';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}

function corrupt(what: string): MaskletError {
  return new MaskletError('model-corrupt', `This checkpoint can't be read: ${what}.`);
}
