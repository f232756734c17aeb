import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** One import that each rule of ARCHITECTURE.md forbids, and one that it allows: a rule that falls silent is noticed. */
const imports: [file: string, specifier: string, isAllowed: boolean][] = [
  ['workers/protocol/a.ts', '../segment/segment.worker', false],
  ['workers/protocol/b.ts', './mask', true],
  ['workers/resample/a.ts', '../segment/masks/rle', false],
  ['workers/matte/a.ts', '../protocol/mask', false],
  ['workers/rle/a.ts', '../segment/masks/clean-up', false],
  ['workers/rle/b.ts', '../protocol/mask', true],
  ['workers/segment/masks/b.ts', '../../rle/rle', true],
  ['workers/export/c.ts', '../rle/coco-string', true],
  ['workers/export/b.ts', '../matte/feather', true],
  ['app/masks/a.ts', '../../workers/matte/feather', true],
  ['workers/media/e.ts', '../resample/resize-pixels', true],
  ['workers/media/a.ts', '../segment/tracker/tracker', false],
  ['workers/media/b.ts', 'onnxruntime-web/wasm', false],
  ['workers/media/c.ts', 'react', false],
  ['workers/media/demux/a.ts', 'mp4box', true],
  ['workers/media/demux/b.ts', '../decode/frame-cache', false],
  ['workers/media/demux/c.ts', 'mediabunny', true],
  ['workers/media/decode/a.ts', 'mp4box', false],
  ['workers/media/decode/b.ts', 'mediabunny', false],
  ['workers/media/d.ts', 'mediabunny', false],
  ['workers/media/demux/d.ts', 'unzipit', true],
  ['workers/media/decode/c.ts', 'unzipit', false],
  ['workers/media/record/a.ts', 'mediabunny', true],
  ['workers/media/record/b.ts', 'mp4box', false],
  ['workers/media/record/c.ts', '../demux/open-source', false],
  ['workers/media/record/d.ts', '../decode/live-frames', true],
  ['workers/segment/model-pack/z.ts', 'unzipit', true],
  ['workers/export/d.ts', 'unzipit', false],
  ['workers/export/readers/a.ts', 'unzipit', true],
  ['workers/export/readers/b.ts', 'mediabunny', false],
  ['workers/store/a.ts', '../segment/tracker/tracker', false],
  ['workers/store/b.ts', 'react', false],
  ['workers/store/c.ts', '../protocol/project', true],
  ['workers/media/f.ts', '../store/journal', false],
  ['workers/segment/b.ts', '../store/journal', false],
  ['app/b.ts', '../workers/store/journal', false],
  ['workers/export/a.ts', '../segment/masks/rle', false],
  ['workers/segment/a.ts', '../../app/state/store', false],
  ['workers/segment/runtime/a.ts', 'onnxruntime-web/webgpu', true],
  ['workers/segment/runtime/b.ts', '../graphs/graphs', false],
  ['workers/segment/graphs/a.ts', 'onnxruntime-web', false],
  ['workers/segment/graphs/b.ts', '../tracker/tracker', false],
  ['workers/segment/graphs/c.ts', '../runtime/runtime', true],
  ['workers/segment/memory/a.ts', '../runtime/runtime', false],
  ['workers/segment/masks/a.ts', '../memory/memory-bank', false],
  ['workers/segment/model-pack/a.ts', '../graphs/graphs', false],
  ['workers/segment/image-features/a.ts', '../tracker/tracker', false],
  ['workers/segment/prompts/a.ts', '../memory/memory-bank', false],
  ['workers/segment/tracker/a.ts', '../memory/memory-bank', true],
  ['app/a.ts', '../workers/segment/tracker/tracker', false],
  ['app/state/a.ts', 'react', false],
  ['app/state/b.ts', '../engine/engine', false],
  ['app/engine/a.ts', '../viewport/Viewport', false],
  ['app/engine/b.ts', '../state/store', true],
  ['app/viewport/a.ts', '../timeline/Timeline', false],
  ['app/timeline/a.ts', '../engine/engine', true],
  ['app/ui/a.ts', '../state/store', false],
];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
let folder = '';
let reported = new Set<string>();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boundaries-'));
  cpSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  for (const [file, specifier] of imports) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `import { thing } from '${specifier}';\nexport const used = thing;\n`);
  }
  const oxlint = join(root, 'node_modules/.bin/oxlint');
  const { stdout } = spawnSync(oxlint, ['--format=json', '.'], { cwd: folder, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
  reported = new Set(
    diagnostics.filter(({ code }) => code.includes('no-restricted-imports')).map(({ filename }) => filename),
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(imports)('%s importing %s: allowed is %s', (file, _, isAllowed) => {
  expect(reported.has(file)).toBe(!isAllowed);
});
