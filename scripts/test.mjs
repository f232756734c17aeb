/**
 * `npm test`: sets up whatever is missing, runs every part, and ends with `N passed, N failed` as the sum of what ran.
 * A part that ran no test counts as failed: silence is not success. One whose browser can't be had here is skipped, and said to be.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { python, root, setUpChromium, setUpNode, setUpPython } from './setup.mjs';

/** @typedef {{ name: string; passed: number; failed: number; skipped: number; seconds: number }} Result */

const reports = join(root, '.cache/test-reports');
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

/** @param {string} file */
const report = (file) => join(reports, file);

/**
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @returns {Promise<boolean>} whether it succeeded
 */
function succeeds(command, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', () => resolve(false));
    child.on('exit', (code) => resolve(code === 0));
  });
}

/** @param {string} file */
function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

/**
 * A part that is one check, passed or failed.
 * @param {string} name
 * @param {string} command
 * @param {...string} args
 */
const check = (name, command, ...args) => ({
  name,
  run: async () => ((await succeeds(command, args)) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }),
});

/** @param {string} project */
const vitest = (project) => ({
  name: project,
  run: async () => {
    const file = report(`${project}.json`);
    const args = [
      'vitest',
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile=${file}`,
    ];
    const ok = await succeeds('npx', args);
    const { numPassedTests: passed = 0, numFailedTests: failed = 0 } = readJson(file) ?? {};
    // A file that fails to load fails no test.
    return { passed, failed: ok ? failed : Math.max(1, failed) };
  },
});

const journeys = {
  name: 'e2e',
  run: async () => {
    const file = report('e2e.json');
    const ok = await succeeds('npx', ['playwright', 'test', '--reporter=list,json'], {
      PLAYWRIGHT_JSON_OUTPUT_NAME: file,
    });
    const { expected: passed = 0, unexpected = 0, flaky = 0 } = readJson(file)?.stats ?? {};
    return { passed, failed: ok ? unexpected : Math.max(1, unexpected + flaky) };
  },
};

const pytest = {
  name: 'python',
  run: async () => {
    const file = report('python.xml');
    const ok = await succeeds(python, ['-m', 'pytest', '-q', 'model-export/tests', `--junitxml=${file}`]);
    const xml = existsSync(file) ? readFileSync(file, 'utf8') : '';
    /** @param {string} name */
    const count = (name) => Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(xml)?.[1] ?? 0);
    const failed = count('failures') + count('errors');
    return { passed: count('tests') - failed - count('skipped'), failed: ok ? failed : Math.max(1, failed) };
  },
};

const conformance = {
  name: 'conformance',
  run: async () => {
    const { stdout } = spawnSync(process.execPath, ['scripts/conformance.mjs'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    process.stdout.write(stdout);
    const [, passed = '0', failed = '1'] = /(\d+) passed, (\d+) failed\s*$/.exec(stdout) ?? [];
    return { passed: Number(passed), failed: Number(failed) };
  },
};

/**
 * The journey in a browser besides Chromium.
 * @param {'firefox' | 'webkit'} name
 */
const browser = (name) => ({
  name,
  run: async () => {
    const { stdout } = spawnSync(process.execPath, ['e2e/browsers/journey.mjs', name, report('chromium-masks.json')], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 1_800_000,
    });
    process.stdout.write(stdout);
    const [, passed = '0', failed = '1', skipped = '0'] =
      /(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$/.exec(stdout) ?? [];
    return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
  },
});

await setUpNode();
// The Python packages are the longest download: they come while the first parts run.
const pythonReady = setUpPython();
pythonReady.catch(() => undefined);
await setUpChromium();

const parts = [
  check('types', 'npm', 'run', '--silent', 'typecheck'),
  check('lint', 'npm', 'run', '--silent', 'lint'),
  check('format', 'npm', 'run', '--silent', 'format:check'),
  vitest('unit'),
  vitest('browser'),
  vitest('webgpu'),
  check('build', 'npx', 'vite', 'build', '--logLevel', 'warn'),
  journeys,
  browser('firefox'),
  browser('webkit'),
  check('python lint', python, '-m', 'ruff', 'check', 'model-export'),
  check('python format', python, '-m', 'ruff', 'format', '--check', 'model-export'),
  pytest,
  conformance,
];

/** @type {Result[]} */
const results = [];
for (const part of parts) {
  console.log(`\n── ${part.name} ──`);
  if (part.name.startsWith('python') || part === conformance) await pythonReady;
  const start = performance.now();
  /** @type {{ passed: number; failed: number; skipped?: number }} */
  const { passed, failed, skipped = 0 } = await part.run();
  results.push({
    name: part.name,
    passed,
    failed: passed + failed + skipped === 0 ? 1 : failed,
    skipped,
    seconds: (performance.now() - start) / 1000,
  });
}

console.log('');
for (const { name, passed, failed, skipped, seconds } of results) {
  const counts = `${String(passed).padStart(4)} passed ${String(failed).padStart(4)} failed`;
  const left = skipped > 0 ? `  ${skipped} skipped` : '';
  console.log(`${name.padEnd(14)} ${counts} ${seconds.toFixed(0).padStart(5)} s${left}`);
}
/** @param {'passed' | 'failed' | 'skipped'} key */
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
const skipped = sum('skipped');
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = sum('failed') === 0 ? 0 : 1;
