/** A provider, ready: sessions are made from it, tensors live in it. */
import type { GpuTraffic, Provider } from '../../protocol/segment-contract';
import { MaskletError } from '../../protocol/errors';
import { createCpuTensorMemory } from './cpu-tensor-memory';
import { requestGpuDevice } from './gpu-device';
import { createGpuTensorMemory } from './gpu-tensor-memory';
import { countTraffic } from './gpu-traffic';
import { isNotStarted, loadOrt, notStarted, wasmThreads, type OrtModule, type OrtSession, type Tensor } from './ort';
import { enqueue } from './ort-queue';
import type { TensorMemory } from './tensor-memory';

export type GraphSession = {
  /** Runs after every call into ORT before it. Inputs stay alive; outputs belong to the caller. */
  run(inputs: Record<string, Tensor>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
};

export type Runtime = {
  provider: Provider;
  /** For a person: the adapter, or the number of threads. */
  device: string;
  /** Of WASM; null on WebGPU. */
  threads: number | null;
  /** The WebGPU device; null on WASM. */
  gpu: GPUDevice | null;
  /** What crossed to the device and back, still counting; null on WASM. */
  traffic: GpuTraffic | null;
  tensors: TensorMemory;
  /** Whether graphs may compute in float16. The WASM provider casts: of no use. */
  hasFloat16: boolean;
  /** The largest tensor it can hold. */
  maxBufferBytes: number;
  /**
   * @param externalData what the model's external initializers are read from, by path
   * @throws `model-incompatible`, `out-of-memory`
   */
  createSession(model: Uint8Array, externalData?: ExternalData): Promise<GraphSession>;
  /** The same build of ONNX Runtime on the processor, to compare a graphics device with; null on WASM. */
  reference: Pick<Runtime, 'tensors' | 'createSession'> | null;
};

type ExternalData = readonly { path: string; data: Uint8Array }[];

/** WASM addresses 4 GiB; a tensor of more than a quarter of it is not to be had. */
const maxWasmTensorBytes = 2 ** 30;

/** @throws `webgpu-unavailable` where WebGPU was asked for and is not there */
export async function createRuntime(provider: Provider): Promise<Runtime> {
  if (provider === 'wasm') {
    const ort = await loadOrt('wasm');
    const threads = wasmThreads();
    return {
      provider,
      device: threads === 1 ? '1 thread' : `${threads} threads`,
      threads,
      gpu: null,
      traffic: null,
      tensors: createCpuTensorMemory(ort),
      hasFloat16: false,
      maxBufferBytes: maxWasmTensorBytes,
      createSession: (model, externalData) => createSession(ort, model, externalData, { executionProviders: ['wasm'] }),
      reference: null,
    };
  }
  const { device, description } = await requestGpuDevice();
  const ort = await loadOrt('webgpu');
  return {
    provider,
    device: description,
    threads: null,
    gpu: device,
    traffic: countTraffic(device),
    tensors: createGpuTensorMemory(ort, device),
    hasFloat16: device.features.has('shader-f16'),
    maxBufferBytes: Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize),
    createSession: (model, externalData) =>
      createSession(ort, model, externalData, {
        // Every session needs the device: setting it on ort.env beforehand is ignored.
        executionProviders: [{ name: 'webgpu', device }],
        preferredOutputLocation: 'gpu-buffer',
      }),
    reference: {
      tensors: createCpuTensorMemory(ort),
      createSession: (model, externalData) => createSession(ort, model, externalData, { executionProviders: ['wasm'] }),
    },
  };
}

async function createSession(
  ort: OrtModule,
  model: Uint8Array,
  externalData: ExternalData = [],
  options: Parameters<OrtModule['InferenceSession']['create']>[1],
): Promise<GraphSession> {
  let session: OrtSession;
  try {
    session = await enqueue(() =>
      ort.InferenceSession.create(model, { graphOptimizationLevel: 'all', externalData, ...options }),
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (isNotStarted(message)) throw notStarted(error);
    if (/memory|alloc/i.test(message)) {
      throw new MaskletError(
        'out-of-memory',
        'There is not enough memory for this model. Close other tabs or take a smaller one.',
        {
          cause: error,
        },
      );
    }
    throw new MaskletError('model-incompatible', `The model could not be compiled: ${message}`, { cause: error });
  }
  return {
    run: (inputs) => enqueue(() => session.run(inputs)),
    release: () => enqueue(() => session.release()),
  };
}
