/** Runs a folder of the conformance suite: policy/ without weights, numeric/ with packs made from its models. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { comparePolicy } from './compare-policy';
import { caseNames, runCase } from './graph-cases';
import { loadNodeModel, type NodeModel } from './node-model';
import { runNumericScenario, type NumericScenario } from './numeric-scenario';
import type { Scenario } from './policy-scenario';

export type ConformanceLine = { name: string; failures: string[]; detail: string };

type Outcome = Omit<ConformanceLine, 'name'>;

/**
 * @param packs a pack for each version of the model, by version; versions without one are reported as failed
 */
export async function* runConformance(folder: string, packs: Record<string, string>): AsyncGenerator<ConformanceLine> {
  for (const file of jsonFiles(join(folder, 'policy'))) {
    yield await lineOf(`policy/${nameOf(file)}`, async () => {
      const scenario = readJson<Scenario>(join(folder, 'policy', file));
      return { failures: await comparePolicy(scenario), detail: `${scenario.actions.length} actions` };
    });
  }
  const numeric = join(folder, 'numeric');
  for (const version of ['2.1', '2.0', 'edgetam']) {
    const graphs = join(numeric, 'graphs', version);
    const scenarios = join(numeric, 'scenarios', version);
    if (!existsSync(graphs) && !existsSync(scenarios)) continue;
    const pack = packs[version];
    // Compiled once; what is in its way fails every line that needs it.
    const model = pack ? loadNodeModel(pack) : Promise.reject(new Error('no pack was made of its model'));
    model.catch(() => undefined);
    for (const name of existsSync(graphs) ? caseNames(graphs) : []) {
      yield await lineOf(`graphs/${version}/${name}`, async () => graphOutcome(await model, graphs, name));
    }
    for (const file of jsonFiles(scenarios)) {
      yield await lineOf(`numeric/${version}/${nameOf(file)}`, async () => {
        const scenario = readJson<NumericScenario>(join(scenarios, file));
        const { failures, worst, evaluations } = await runNumericScenario(await model, numeric, scenario);
        const largest = Object.entries(worst).map(([what, error]) => `${what} ${error.toExponential(1)}`);
        return { failures, detail: `${evaluations} evaluations: ${largest.join(', ')}` };
      });
    }
  }
}

/** A scenario that throws is a failed scenario, not the end of the suite. */
async function lineOf(name: string, run: () => Promise<Outcome>): Promise<ConformanceLine> {
  try {
    return { name, ...(await run()) };
  } catch (error) {
    return { name, failures: [error instanceof Error ? `${error.name}: ${error.message}` : String(error)], detail: '' };
  }
}

async function graphOutcome(model: NodeModel, graphs: string, name: string): Promise<Outcome> {
  const { checks } = await runCase(model, graphs, name);
  const failures = checks.filter(({ error, limit }) => !(error <= limit));
  return {
    failures: failures.map(({ what, error, limit }) => `${what} differ by ${error.toExponential(1)}, at most ${limit}`),
    detail: checks.map(({ what, error }) => `${what} ${error.toExponential(1)}`).join(', '),
  };
}

const nameOf = (file: string): string => file.replace(/\.json$/, '');

function jsonFiles(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')).sort() : [];
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}
