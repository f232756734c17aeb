/**
 * `npm run conformance -- DIR`: runs a folder of conformance scenarios through the tracker in Node and prints one line
 * each, then `N passed, N failed`. Packs are made from DIR/numeric/model_* by the exporter, in float32, once.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { python, root, run, setUpNode, setUpPython } from './setup.mjs';

const folder = resolve(process.argv[2] ?? join(root, 'conformance'));
if (!existsSync(folder)) throw new Error(`There is no folder ${folder}`);
await setUpNode();

/** @type {Record<string, string>} */
const packs = {};
for (const version of ['2.1', '2.0']) {
  const model = join(folder, 'numeric', `model_${version}`);
  if (!existsSync(model)) continue;
  await setUpPython();
  const key = createHash('sha256')
    .update(readFileSync(join(model, 'config.json')))
    .update(folder)
    .digest('hex')
    .slice(0, 12);
  const out = join(root, '.cache/conformance', key, `model-${version}`);
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
  packs[version] = out;
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
