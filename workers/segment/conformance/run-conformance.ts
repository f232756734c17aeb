/** Runs a folder of the conformance suite: policy/ without weights, numeric/ with packs made from its models. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { comparePolicy } from './compare-policy';
import { caseNames, runCase } from './graph-cases';
import { loadNodeModel } from './node-model';
import { runNumericScenario, type NumericScenario } from './numeric-scenario';
import type { Scenario } from './policy-scenario';

export type ConformanceLine = { name: string; failures: string[]; detail: string };

/**
 * @param packs a pack for each version of the model, by version; versions without one are reported as failed
 */
export async function* runConformance(folder: string, packs: Record<string, string>): AsyncGenerator<ConformanceLine> {
  for (const file of jsonFiles(join(folder, 'policy'))) {
    const scenario = readJson<Scenario>(join(folder, 'policy', file));
    yield { name: `policy/${scenario.name}`, failures: await comparePolicy(scenario), detail: `${scenario.actions.length} actions` };
  }
  const numeric = join(folder, 'numeric');
  for (const version of ['2.1', '2.0', 'edgetam']) {
    const graphs = join(numeric, 'graphs', version);
    const scenarios = join(numeric, 'scenarios', version);
    if (!existsSync(graphs) && !existsSync(scenarios)) continue;
    const pack = packs[version];
    if (!pack) {
      yield { name: `numeric/${version}`, failures: ['no pack was made of its model'], detail: '' };
      continue;
    }
    const model = await loadNodeModel(pack);
    for (const name of existsSync(graphs) ? caseNames(graphs) : []) {
      const { checks } = await runCase(model, graphs, name);
      const failures = checks.filter(({ error, limit }) => !(error <= limit));
      yield {
        name: `graphs/${version}/${name}`,
        failures: failures.map(({ what, error, limit }) => `${what} differ by ${error.toExponential(1)}, at most ${limit}`),
        detail: checks.map(({ what, error }) => `${what} ${error.toExponential(1)}`).join(', '),
      };
    }
    for (const file of jsonFiles(scenarios)) {
      const scenario = readJson<NumericScenario>(join(scenarios, file));
      const { failures, worst, evaluations } = await runNumericScenario(model, numeric, scenario);
      const largest = Object.entries(worst).map(([what, error]) => `${what} ${error.toExponential(1)}`);
      yield { name: `numeric/${version}/${scenario.name}`, failures, detail: `${evaluations} evaluations: ${largest.join(', ')}` };
    }
  }
}

function jsonFiles(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')).sort() : [];
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}
