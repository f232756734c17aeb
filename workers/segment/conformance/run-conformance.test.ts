import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runConformance, type ConformanceLine } from './run-conformance';

const suite = new URL('../../../conformance/', import.meta.url).pathname;

it('fails the line of a scenario that throws, and runs the others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ['s01_single_click', 's24_remove_object']) {
    cpSync(join(suite, 'policy', `${name}.json`), join(folder, 'policy', `${name}.json`));
  }
  writeFileSync(join(folder, 'policy/s02_no_fields.json'), '{}');
  writeFileSync(join(folder, 'policy/s03_cut_short.json'), '{"name": "s03');
  mkdirSync(join(folder, 'numeric/scenarios/2.1'), { recursive: true });
  mkdirSync(join(folder, 'numeric/scenarios/2.0'), { recursive: true });
  writeFileSync(join(folder, 'numeric/scenarios/2.1/n1.json'), '{}');
  writeFileSync(join(folder, 'numeric/scenarios/2.0/n2.json'), '{}');

  const lines: ConformanceLine[] = [];
  for await (const line of runConformance(folder, { '2.1': join(folder, 'no-such-pack') })) lines.push(line);

  expect(lines.map(({ name, failures }) => [name, failures.length])).toEqual([
    ['policy/s01_single_click', 0],
    ['policy/s02_no_fields', 1],
    ['policy/s03_cut_short', 1],
    ['policy/s24_remove_object', 0],
    ['numeric/2.1/n1', 1],
    ['numeric/2.0/n2', 1],
  ]);
  expect(lines[2]!.failures[0]).toMatch(/^SyntaxError: /);
  expect(lines[5]!.failures[0]).toMatch(/no pack was made/);
});
