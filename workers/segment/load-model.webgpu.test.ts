/** Which provider and precision a model ends up on: float16 where the device can and is right, float32, WASM. */
import { beforeEach, expect, it } from 'vitest';
import type { SourceFile } from '../protocol/media-contract';
import { callback, connect } from '../protocol/rpc';
import type { LoadModelRequest, LoadProgress, ModelStatus, SegmentApi } from '../protocol/segment-contract';
import { microHubUrl, microPackUrl } from './graphs/micro-parity';
import type { Manifest } from './model-pack/manifest';

const honest = () => new Worker(new URL('./segment.worker.ts', import.meta.url), { type: 'module' });
const claimsFloat16 = () => new Worker(new URL('./claims-float16.worker.ts', import.meta.url), { type: 'module' });

type Loaded = { status: ModelStatus; stages: LoadProgress['stage'][] };

async function load(worker: Worker, files: SourceFile[], provider: LoadModelRequest['provider']): Promise<Loaded> {
  const segment = connect<SegmentApi>(worker);
  const stages: LoadProgress['stage'][] = [];
  await segment.useCatalogue(new URL('catalogue.json', microHubUrl).href);
  try {
    const status = await segment.loadModel(
      { source: { kind: 'files', files }, provider },
      callback(({ stage }) => {
        if (stages.at(-1) !== stage) stages.push(stage);
      }),
    );
    return { status, stages };
  } finally {
    worker.terminate();
  }
}

async function file(url: URL): Promise<SourceFile> {
  const name = url.pathname.split('/').pop()!;
  return { path: name, file: new File([await (await fetch(url)).blob()], name) };
}

const weights = async () => [await file(new URL('model.safetensors', microHubUrl))];

/** The micro pack, with an answer of its graphs changed: what a device that computes it wrong sees. */
async function packWithOtherAnswers(): Promise<SourceFile[]> {
  const manifest = (await (await fetch(new URL('manifest.json', microPackUrl))).json()) as Manifest;
  const graphs = await Promise.all(
    Object.values(manifest.graphs).map((graph) => file(new URL(graph.file, microPackUrl))),
  );
  const answers = (await (await fetch(new URL('expectations.json', microPackUrl))).json()) as Record<
    string,
    Record<string, number[]>
  >;
  answers['memory_attention']!['conditioned_features']![100]! += 50;
  const bytes = new TextEncoder().encode(JSON.stringify(answers));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const expectations = { file: 'expectations.json', bytes: bytes.length, sha256 };
  return [
    { path: 'manifest.json', file: new File([JSON.stringify({ ...manifest, expectations })], 'manifest.json') },
    { path: 'expectations.json', file: new File([bytes], 'expectations.json') },
    ...graphs,
  ];
}

/** Whether the device has float16 indeed. */
async function hasFloat16(): Promise<boolean> {
  const adapter = await navigator.gpu.requestAdapter();
  expect(adapter, 'no WebGPU adapter: this part can prove nothing here').not.toBeNull();
  return adapter!.features.has('shader-f16');
}

beforeEach(async () => {
  // Verdicts of other tests.
  const root = await navigator.storage.getDirectory();
  await root.removeEntry('self-checks.json').catch(() => undefined);
});

it('computes in float16 where the device has it, in float32 elsewhere, and checks a device once', async () => {
  const precision = (await hasFloat16()) ? 'float16' : 'float32';
  const first = await load(honest(), await weights(), 'auto');
  expect(first.status).toMatchObject({ name: 'micro-hub', provider: 'webgpu', precision, fallback: null });
  expect(first.stages).toContain('check');
  const second = await load(honest(), await weights(), 'auto');
  expect(second.status).toEqual(first.status);
  expect(second.stages).not.toContain('check');
  expect((await load(honest(), await weights(), 'wasm')).status).toMatchObject({
    provider: 'wasm',
    precision: 'float32',
  });
});

it('takes float32 on a device that has float16 in name only, says so, and remembers', async () => {
  if (await hasFloat16()) return;
  for (const isChecked of [true, false]) {
    const { status, stages } = await load(claimsFloat16(), await weights(), 'auto');
    expect(status).toMatchObject({ provider: 'webgpu', precision: 'float32' });
    expect(status.fallback).toMatchObject({ code: 'webgpu-unavailable', message: expect.stringMatching(/float16/) });
    expect(stages.includes('check')).toBe(isChecked);
  }
});

it('takes the processor where a device computes a model wrong, says so, and remembers', async () => {
  await hasFloat16();
  const files = await packWithOtherAnswers();
  for (const isChecked of [true, false]) {
    const { status, stages } = await load(honest(), files, 'auto');
    expect(status).toMatchObject({ name: 'micro', provider: 'wasm', precision: 'float32' });
    expect(status.fallback).toMatchObject({
      message: expect.stringMatching(/computes wrong numbers for this model, as a test/),
    });
    expect(stages.includes('check')).toBe(isChecked);
  }
  await expect(load(honest(), files, 'webgpu')).rejects.toMatchObject({ code: 'webgpu-unavailable' });
});
