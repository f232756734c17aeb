/**
 * onnxruntime-web: the only importer. One build per provider: the plain WASM one is half the download, and its code
 * is not instrumented for suspending as the WebGPU one is.
 */
import type * as Ort from 'onnxruntime-web';
import webgpuWasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { MaskletError } from '../../protocol/errors';
import type { Provider } from '../../protocol/segment-contract';

export type OrtModule = typeof Ort;
export type Tensor = Ort.Tensor;
export type OrtSession = Ort.InferenceSession;

const maxThreads = 8;

/** Threads the WASM provider takes: more than one only where the page is cross-origin isolated. */
export function wasmThreads(): number {
  return globalThis.crossOriginIsolated ? Math.min(maxThreads, navigator.hardwareConcurrency) : 1;
}

const loaded = new Map<Provider, Promise<OrtModule>>();

/** Downloads and starts the runtime of a provider, once. */
export function loadOrt(provider: Provider): Promise<OrtModule> {
  let module = loaded.get(provider);
  if (!module) {
    module = start(provider);
    loaded.set(provider, module);
    // A failed download must not be remembered: the next try may succeed.
    module.catch(() => loaded.delete(provider));
  }
  return module;
}

async function start(provider: Provider): Promise<OrtModule> {
  // Dynamic, so that ORT's thread workers, which load the chunk that holds ORT, do not run our worker.
  const ort = await importOrt(provider).catch((error: unknown) => {
    throw notStarted(error);
  });
  ort.env.wasm.wasmPaths = { wasm: provider === 'webgpu' ? webgpuWasmUrl : wasmUrl };
  ort.env.wasm.numThreads = wasmThreads();
  ort.env.logLevel = 'error';
  return ort;
}

function importOrt(provider: Provider): Promise<OrtModule> {
  return provider === 'webgpu' ? import('onnxruntime-web/webgpu') : import('onnxruntime-web/wasm');
}

/**
 * It remembers that it failed, and fails again without trying for as long as the worker lives: who tries again starts
 * another worker.
 */
export function notStarted(cause: unknown): MaskletError {
  const message = 'ONNX Runtime, which runs the models, could not be started. Load again: it is then started afresh.';
  return new MaskletError('model-incompatible', message, { reason: ['runtime-not-started'], cause });
}

/** What it says when its WASM did not come, or did not start, now or before. */
export function isNotStarted(message: string): boolean {
  return /no available backend found|initWasm\(\)/.test(message);
}
