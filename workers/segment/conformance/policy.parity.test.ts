import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { comparePolicy } from './compare-policy';
import type { Scenario } from './policy-scenario';

const folder = new URL('../../../conformance/policy/', import.meta.url);
const scenarios = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Scenario);

describe('policy of the reference', () => {
  it('has its scenarios at hand', () => expect(scenarios.length).toBeGreaterThanOrEqual(28));

  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (_, scenario) => {
    expect(await comparePolicy(scenario)).toEqual([]);
  });
});
