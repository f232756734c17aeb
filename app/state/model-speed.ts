/** How long models take a frame on this machine, and which of them suits it: measured where one ran, else estimated. Pure. */
import type { CatalogueModel, ModelStatus, Provider } from '../../workers/protocol/segment-contract';

/** What was measured on this machine: milliseconds a frame of one object, by `speedKey`. */
export type MeasuredSpeeds = Readonly<Record<string, number>>;

export type FrameTime = { ms: number; isMeasured: boolean };

export type Machine = Pick<ModelStatus, 'provider' | 'threads'>;

/** Operations a second that come out in practice, where nothing was measured: of a thread of a processor, and of a weak graphics card. */
const usualRates = { thread: 6e9, webgpu: 4e11 };

/** Who waits longer than this for a frame does not go on. */
const longestFrameMs = 1000;

/** The best masks first. */
const byQuality = [
  'sam2.1-hiera-large',
  'sam2.1-hiera-base-plus',
  'sam2.1-hiera-small',
  'sam2.1-hiera-tiny',
  'edgetam',
];

/** The step above the embedded one on machines where the others take too long. */
const lightest = 'edgetam';

export function speedKey(name: string, imageSize: number, provider: Provider): string {
  return `${name} ${imageSize} ${provider}`;
}

/** Of one tracked frame of one object. */
export function frameTime(
  { name, operations }: Pick<CatalogueModel, 'name' | 'operations'>,
  imageSize: number,
  machine: Machine,
  measured: MeasuredSpeeds,
  models: readonly Pick<CatalogueModel, 'name' | 'operations'>[],
): FrameTime {
  const known = measured[speedKey(name, imageSize, machine.provider)];
  if (known !== undefined) return { ms: known, isMeasured: true };
  const rate = measuredRate(machine, measured, models) ?? usualRate(machine);
  return { ms: ((operations[imageSize] ?? 0) / rate) * 1000, isMeasured: false };
}

/** The best of them that this machine runs at a bearable pace; the lightest where none is. Null without a list. */
export function recommendedModel(
  models: readonly CatalogueModel[],
  machine: Machine,
  measured: MeasuredSpeeds,
): CatalogueModel | null {
  const ranked = byQuality.flatMap((name) => models.find((model) => model.name === name) ?? []);
  const bearable = ranked.find(
    (model) => frameTime(model, model.defaultImageSize, machine, measured, models).ms <= longestFrameMs,
  );
  return bearable ?? models.find(({ name }) => name === lightest) ?? ranked.at(-1) ?? models[0] ?? null;
}

/** From what ran here, whichever model it was. */
function measuredRate(
  { provider }: Machine,
  measured: MeasuredSpeeds,
  models: readonly Pick<CatalogueModel, 'name' | 'operations'>[],
): number | null {
  const rates = models.flatMap(({ name, operations }) =>
    Object.entries(operations).flatMap(([imageSize, count]) => {
      const ms = measured[speedKey(name, Number(imageSize), provider)];
      return ms === undefined || ms <= 0 ? [] : (count / ms) * 1000;
    }),
  );
  return rates.length > 0 ? rates.reduce((sum, rate) => sum + rate, 0) / rates.length : null;
}

function usualRate({ provider, threads }: Machine): number {
  return provider === 'webgpu' ? usualRates.webgpu : usualRates.thread * (threads ?? 1);
}
