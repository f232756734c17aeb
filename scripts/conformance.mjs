/**
 * `npm run conformance -- DIR`: runs a folder of conformance scenarios through the tracker in Node and prints one line
 * each, then `N passed, N failed`. Packs are made from DIR/numeric/model_* by the exporter, in float32, once.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { python, root, run, setUpNode, setUpPython } from './setup.mjs';

const folder = resolve(process.argv[2] ?? join(root, 'conformance'));
if (!existsSync(folder)) throw new Error(`There is no folder ${folder}`);
await setUpNode();

/** Tensors that a 2.0 model is made of a 2.1 model by leaving out, where its folder has no weights of its own. */
const onlyIn21 = [
  'occlusion_spatial_embedding_parameter',
  'temporal_positional_encoding_projection_layer.weight',
  'temporal_positional_encoding_projection_layer.bias',
];

/**
 * A safetensors file without some of its tensors.
 * @param {Buffer} file
 * @param {string[]} names
 */
function withoutTensors(file, names) {
  const headerEnd = 8 + Number(file.readBigUInt64LE(0));
  /** @type {Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>} */
  const header = JSON.parse(file.toString('utf8', 8, headerEnd));
  /** @type {typeof header} */
  const kept = {};
  /** @type {Buffer[]} */
  const parts = [];
  let offset = 0;
  for (const [name, tensor] of Object.entries(header)) {
    if (names.includes(name) || name === '__metadata__') continue;
    const [start, end] = tensor.data_offsets;
    parts.push(file.subarray(headerEnd + start, headerEnd + end));
    kept[name] = { ...tensor, data_offsets: [offset, offset + end - start] };
    offset += end - start;
  }
  const json = Buffer.from(JSON.stringify(kept));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...parts]);
}

/**
 * @param {string} model a folder in transformers' layout
 * @param {string} version
 * @returns {Promise<string>} the folder of its pack
 */
async function makePack(model, version) {
  const isWhole = existsSync(join(model, 'model.safetensors'));
  const source = readFileSync(join(isWhole ? model : join(folder, 'numeric/model_2.1'), 'model.safetensors'));
  const key = createHash('sha256')
    .update(readFileSync(join(model, 'config.json')))
    .update(source)
    .digest('hex')
    .slice(0, 12);
  const cache = join(root, '.cache/conformance', key);
  const out = join(cache, `model-${version}`);
  if (!isWhole) {
    const made = join(cache, 'weights-2.0');
    mkdirSync(made, { recursive: true });
    writeFileSync(join(made, 'config.json'), readFileSync(join(model, 'config.json')));
    writeFileSync(join(made, 'model.safetensors'), withoutTensors(source, onlyIn21));
    model = made;
  }
  if (!existsSync(join(out, 'manifest.json'))) {
    await run(python, [
      '-m',
      'masklet_export.command_line',
      'pack',
      '--weights',
      model,
      '--dtype',
      'fp32',
      '--out',
      out,
    ]);
  }
  return out;
}

/** @type {Record<string, string>} */
const packs = {};
for (const version of ['2.1', '2.0', 'edgetam']) {
  const model = join(folder, 'numeric', `model_${version}`);
  if (!existsSync(model)) continue;
  await setUpPython();
  try {
    packs[version] = await makePack(model, version);
  } catch (error) {
    // The lines that need it fail; the others are run.
    console.error(`No pack could be made of ${model}: ${String(error)}`);
  }
}

const { createServer } = await import('vite');
const server = await createServer({
  root,
  configFile: false,
  server: { middlewareMode: true, ws: false, watch: null },
  logLevel: 'error',
  optimizeDeps: { noDiscovery: true },
});
let passed = 0;
let failed = 0;
try {
  const { runConformance } = await server.ssrLoadModule('/workers/segment/conformance/run-conformance.ts');
  for await (const { name, failures, detail } of runConformance(folder, packs)) {
    if (failures.length === 0) passed++;
    else failed++;
    console.log(
      `${failures.length === 0 ? 'ok    ' : 'FAILED'} ${name}  ${failures.length === 0 ? detail : failures.slice(0, 3).join('; ')}`,
    );
  }
} finally {
  await server.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
