import { expect, it } from 'vitest';
import type { Precision } from '../protocol/segment-contract';
import { microHubUrl, microPackUrl, openWeightless } from './graphs/micro-parity';
import { downloadPack } from './model-pack/download';
import type { GraphName } from './model-pack/manifest';
import { createRuntime, type Runtime } from './runtime/runtime';
import { findWrongGraph } from './self-check';

/** The runtime with one output of one graph tampered with, as a wrong kernel would. */
function tampered(
  runtime: Runtime,
  graph: Uint8Array,
  output: string,
  tamper: (values: Float32Array, width: number) => void,
): Runtime {
  return {
    ...runtime,
    async createSession(model, weights) {
      const session = await runtime.createSession(model, weights);
      if (model !== graph) return session;
      return {
        ...session,
        async run(inputs) {
          const outputs = await session.run(inputs);
          const { dims } = outputs[output]!;
          const values = (await runtime.tensors.read(outputs[output]!)).slice();
          tamper(values, dims.at(-1)!);
          return { ...outputs, [output]: runtime.tensors.float(values, dims) };
        },
      };
    },
  };
}

const compared: [GraphName, string][] = [
  ['image_encoder', 'features_stride8'],
  ['memory_attention', 'conditioned_features'],
  ['mask_decoder', 'candidate_logits'],
  ['memory_encoder', 'spatial_memory'],
];

/** The processor in the place of a graphics device: what is compared, and how, does not depend on it. */
async function asDevice(): Promise<Runtime> {
  const processor = await createRuntime('wasm');
  return { ...processor, reference: processor };
}

it('compares every graph of a pack with what the pack expects', async () => {
  // Where the pack knows, the processor is not asked.
  const runtime = { ...(await asDevice()), reference: null };
  const pack = await downloadPack(microPackUrl, () => undefined);
  expect(await findWrongGraph(pack, pack, runtime)).toBeNull();
  for (const [graph, output] of compared) {
    const noise = tampered(runtime, pack.graphs[graph], output, (values) =>
      values.forEach((value, n) => (values[n] = value + Math.sin(n))),
    );
    expect(await findWrongGraph(pack, pack, noise)).toBe(graph);
    const notNumbers = tampered(runtime, pack.graphs[graph], output, (values) => values.fill(NaN));
    expect(await findWrongGraph(pack, pack, notNumbers)).toBe(graph);
  }
});

it('compares a model whose weights are its own with the processor, at a small size and in either precision', async () => {
  const runtime = await asDevice();
  const weights = await (await fetch(new URL('model.safetensors', microHubUrl))).blob();
  const reduced = (precision: Precision) => openWeightless(microHubUrl, weights, precision, 32);
  const reference = await reduced('float32');
  for (const precision of ['float32', 'float16'] as const) {
    const pack = await reduced(precision);
    expect(await findWrongGraph(pack, reference, runtime), precision).toBeNull();
    for (const [graph, output] of compared) {
      const lessARow = tampered(runtime, pack.graphs[graph], output, (values, width) =>
        values.fill(0, width, 2 * width),
      );
      expect(await findWrongGraph(pack, reference, lessARow), precision).toBe(graph);
    }
  }
});
