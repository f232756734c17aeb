import { createHash } from 'node:crypto';
import { afterEach, expect, it, vi } from 'vitest';
import { downloadPack } from './download';
import { graphNames, parseManifest, type Manifest } from './manifest';

const packUrl = 'https://models.example/pack/';
const graph = (name: string): Uint8Array => new TextEncoder().encode(`graph ${name}`);

function manifest(): Manifest {
  const graphs = Object.fromEntries(
    graphNames.map((name) => [
      name,
      {
        file: `${name}.onnx`,
        bytes: graph(name).length,
        sha256: createHash('sha256').update(graph(name)).digest('hex'),
      },
    ]),
  ) as Manifest['graphs'];
  return {
    format: 'masklet-pack/1',
    name: 'pack',
    title: 'Pack',
    version: '1.0.0',
    architecture: 'sam2.1',
    imageSize: 256,
    hiddenSize: 128,
    memoryChannels: 64,
    imageMean: [0, 0, 0],
    imageStd: [1, 1, 1],
    tracker: {
      numSpatialMemories: 7,
      maxConditioningFrames: -1,
      memoryStride: 1,
      maxObjectPointers: 16,
      multimaskMinPoints: 0,
      multimaskMaxPoints: 1,
      multimaskForTracking: true,
      singleClick: 'token0',
    },
    maskDownsample: { weight: Array.from({ length: 16 }, () => 0.1), bias: 0 },
    graphs,
    license: 'Apache-2.0',
    provenance: '',
    trainingData: [],
    quality: {},
  };
}

/** A server with the pack, on which some files are replaced. */
function serve(replaced: Record<string, () => Response | Promise<Response>> = {}): void {
  vi.stubGlobal('fetch', async (input: URL) => {
    const file = input.pathname.split('/').pop()!;
    if (file in replaced) return replaced[file]!();
    if (file === 'manifest.json') return Response.json(manifest());
    return new Response(graph(file.replace('.onnx', '')) as Uint8Array<ArrayBuffer>);
  });
}

afterEach(() => vi.unstubAllGlobals());

it('downloads a pack, checks every file, and tells how far it is', async () => {
  serve();
  const progress: [number, number][] = [];
  const pack = await downloadPack(packUrl, (...step) => progress.push(step));
  expect(new TextDecoder().decode(pack.graphs.mask_decoder)).toBe('graph mask_decoder');
  const total = graphNames.reduce((sum, name) => sum + graph(name).length, 0);
  expect(progress.at(-1)).toEqual([total, total]);
});

it('refuses files that are not what the manifest says, and says which', async () => {
  const file = 'mask_decoder.onnx';
  const bytes = graph('mask_decoder');
  const altered = bytes.map((byte, n) => (n === 3 ? byte ^ 1 : byte));
  for (const [body, message] of [
    [altered, /mask_decoder\.onnx does not have the sha256/],
    [bytes.slice(0, 5), /mask_decoder\.onnx is shorter/],
    [new Uint8Array([...bytes, 0]), /mask_decoder\.onnx is longer/],
  ] as const) {
    serve({ [file]: () => new Response(body) });
    const failure = downloadPack(packUrl, () => undefined);
    await expect(failure).rejects.toMatchObject({ code: 'model-corrupt' });
    await expect(failure).rejects.toThrow(message);
  }
});

it('tells a missing file, a broken connection and a page in place of a pack apart', async () => {
  serve({ 'memory_encoder.onnx': () => new Response('', { status: 404 }) });
  await expect(downloadPack(packUrl, () => undefined)).rejects.toMatchObject({ code: 'model-missing' });

  serve({ 'manifest.json': () => new Response('<!doctype html>') });
  await expect(downloadPack(packUrl, () => undefined)).rejects.toMatchObject({ code: 'model-missing' });

  serve({ 'manifest.json': () => Promise.reject(new TypeError('Failed to fetch')) });
  await expect(downloadPack(packUrl, () => undefined)).rejects.toMatchObject({ code: 'network' });

  const cut = (): Response =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array(3)),
        pull: (controller) => controller.error(new TypeError('network error')),
      }),
    );
  serve({ 'image_encoder.onnx': cut });
  await expect(downloadPack(packUrl, () => undefined)).rejects.toMatchObject({ code: 'network' });
});

it('names the first wrong field of a manifest, and keeps a pack inside its folder', () => {
  expect(parseManifest(manifest()).name).toBe('pack');
  const wrong: [string, (m: Manifest) => void][] = [
    ['format', (m) => Object.assign(m, { format: 'masklet-pack/one' })],
    ['imageSize', (m) => (m.imageSize = 250)],
    ['tracker.memoryStride', (m) => (m.tracker.memoryStride = 0)],
    ['maskDownsample.weight', (m) => m.maskDownsample.weight.pop()],
    ['graphs.mask_decoder.file', (m) => (m.graphs.mask_decoder.file = '../../secret.onnx')],
    ['graphs.image_encoder.file', (m) => (m.graphs.image_encoder.file = 'https://elsewhere/x.onnx')],
    ['graphs.memory_encoder.sha256', (m) => (m.graphs.memory_encoder.sha256 = 'abc')],
    ['graphs.memory_attention.bytes', (m) => (m.graphs.memory_attention.bytes = -1)],
  ];
  for (const [field, change] of wrong) {
    const changed = manifest();
    change(changed);
    expect(() => parseManifest(changed), field).toThrow(`"${field}"`);
  }
  expect(() => parseManifest(null)).toThrow('"format"');
  expect(() => parseManifest({ ...manifest(), format: 'masklet-pack/2' })).toThrow(/is of version 2, .* newer app/);
});
