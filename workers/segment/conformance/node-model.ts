/** A pack's graphs in Node, on ONNX Runtime's WASM provider: the same wrappers as in the worker. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-web';
import { compileGraphs, type Graphs } from '../graphs/graphs';
import { graphNames, parseManifest, type GraphName } from '../model-pack/manifest';
import { createCpuTensorMemory } from '../runtime/cpu-tensor-memory';
import { enqueue } from '../runtime/ort-queue';
import type { Runtime } from '../runtime/runtime';

export type NodeModel = { graphs: Graphs; runtime: Runtime };

/** @param folder of the pack */
export async function loadNodeModel(folder: string): Promise<NodeModel> {
  ort.env.wasm.numThreads = 1;
  const manifest = parseManifest(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
  const files = graphNames.map((name) => [name, new Uint8Array(readFileSync(join(folder, manifest.graphs[name].file)))] as const);
  const runtime: Runtime = {
    provider: 'wasm',
    device: 'Node',
    threads: 1,
    gpu: null,
    traffic: null,
    tensors: createCpuTensorMemory(ort),
    hasFloat16: false,
    maxBufferBytes: Infinity,
    reference: null,
    createSession: async (model) => {
      const session = await enqueue(() => ort.InferenceSession.create(model, { executionProviders: ['wasm'] }));
      return { run: (inputs) => enqueue(() => session.run(inputs)), release: () => session.release() };
    },
  };
  const graphs = Object.fromEntries(files) as Record<GraphName, Uint8Array>;
  return { graphs: await compileGraphs({ manifest, graphs, precision: 'float32' }, runtime, () => undefined), runtime };
}
