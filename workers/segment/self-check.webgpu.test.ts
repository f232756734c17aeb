import { expect, it } from 'vitest';
import { compileGraphs } from './graphs/graphs';
import { microPackUrl } from './graphs/micro-parity';
import { downloadPack } from './model-pack/download';
import { createRuntime } from './runtime/runtime';
import { computesRight } from './self-check';

it('finds a device right that is right, and wrong where one graph is', async () => {
  const runtime = await createRuntime('webgpu');
  const pack = await downloadPack(microPackUrl, () => undefined);
  const graphs = await compileGraphs(pack, runtime, () => undefined);
  expect(await computesRight(graphs, pack, runtime)).toBe(true);

  const { tensors } = runtime;
  const otherPoint: typeof graphs.decodeMasks = (features, conditioned, slots, wantsCandidates) =>
    graphs.decodeMasks(
      features,
      conditioned,
      slots.map((slot) => ({ ...slot, points: [1, 1], labels: [0] })),
      wantsCandidates,
    );
  expect(await computesRight({ ...graphs, decodeMasks: otherPoint }, pack, runtime)).toBe(false);
  const zeros: typeof graphs.attendMemory = async (features) => {
    const { dims } = features.stride16;
    return tensors.float(new Float32Array(dims.reduce((product, size) => product * size, 1)), dims);
  };
  expect(await computesRight({ ...graphs, attendMemory: zeros }, pack, runtime)).toBe(false);
});
