import { expect, it } from 'vitest';
import type { Precision } from '../../protocol/segment-contract';
import { downloadPack, fetchGraphs, type ExternalWeight } from '../model-pack/download';
import { graphNames, type GraphName } from '../model-pack/manifest';
import { fetchCatalogue, fetchWeightless, graphsOf } from '../model-pack/weightless-pack';
import { loadOrt } from '../runtime/ort';
import { createRuntime } from '../runtime/runtime';
import { microPackUrl } from './micro-parity';

type ZeroModel = {
  graphs: Record<GraphName, Uint8Array>;
  /** As `graphs`, but with those that compute in float16. */
  halfGraphs: Record<GraphName, Uint8Array>;
  weights: (graph: GraphName) => ExternalWeight[];
};

/** A released model with weights of the right shapes, all zero: where a node goes depends on no number. */
async function zeroModel(name: string, imageSize: number): Promise<ZeroModel> {
  const catalogueUrl = new URL('/models/sam2/catalogue.json', location.href).href;
  const entry = (await fetchCatalogue(catalogueUrl)).find((each) => each.name === name)!;
  const manifest = await fetchWeightless(catalogueUrl, entry);
  const { weights } = manifest;
  const fetched = (precision: Precision) =>
    fetchGraphs(catalogueUrl, graphsOf(manifest, { imageSize, precision }), () => undefined);
  return {
    graphs: await fetched('float32'),
    halfGraphs: await fetched('float16'),
    weights: (graph) =>
      Object.entries(weights[graph]).map(([path, { shape }]) => ({
        path,
        data: new Uint8Array(4 * shape.reduce((product, size) => product * size, 1)),
      })),
  };
}

/** Makes sessions while ONNX Runtime tells everything; returns where the nodes of each went. */
async function placements(): Promise<Record<string, string[]>> {
  const lines: string[] = [];
  const methods = ['log', 'info', 'debug', 'warn', 'error'] as const;
  const before = methods.map((method) => console[method]);
  // Its output goes to what the console's methods are when it starts.
  for (const method of methods) console[method] = (...args: unknown[]) => void lines.push(args.join(' '));
  try {
    const ort = await loadOrt('webgpu');
    const create = ort.InferenceSession.create.bind(ort.InferenceSession) as (
      ...args: unknown[]
    ) => ReturnType<typeof ort.InferenceSession.create>;
    ort.InferenceSession.create = (model: unknown, options?: unknown) =>
      create(model, { ...(options as object), logSeverityLevel: 0 });
    const runtime = await createRuntime('webgpu');
    const micro = await downloadPack(microPackUrl, () => undefined);
    const nano = await downloadPack(new URL('/models/nano/', location.href).href, () => undefined);
    const tiny = await zeroModel('sam2.1-hiera-tiny', 1024);
    const edgeTam = await zeroModel('edgetam', 1024);
    const found: Record<string, string[]> = {};
    for (const graph of graphNames) {
      for (const [name, model, weights] of [
        ['micro', micro.graphs[graph], undefined],
        ['nano', nano.graphs[graph], undefined],
        ['tiny', tiny.graphs[graph], tiny.weights(graph)],
        ['edgetam', edgeTam.graphs[graph], edgeTam.weights(graph)],
        ...(runtime.hasFloat16
          ? ([
              ['tiny in float16', tiny.halfGraphs[graph], tiny.weights(graph)],
              ['edgetam in float16', edgeTam.halfGraphs[graph], edgeTam.weights(graph)],
            ] as const)
          : []),
      ] as const) {
        lines.length = 0;
        await (await runtime.createSession(model, weights)).release();
        found[`${name} ${graph}`] = lines.flatMap(
          (line) => /(\S+) nodes? placed on \[\w+\]|Node\(s\) placed on \[\w+\]/.exec(line)?.[0] ?? [],
        );
      }
    }
    return found;
  } finally {
    methods.forEach((method, n) => (console[method] = before[n]!));
  }
}

it('runs every node of every graph on the GPU: nothing goes back and forth inside a frame', async () => {
  const found = await placements();
  expect(Object.keys(found).length).toBeGreaterThanOrEqual(4 * graphNames.length);
  for (const [session, where] of Object.entries(found)) {
    expect(where, session).toEqual(['All nodes placed on [WebGpuExecutionProvider]']);
  }
});
