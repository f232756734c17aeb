/** Checks what comes from scripts: every failure is `invalid-argument` and names the field and what it may be. */
import { MaskletError } from '../../workers/protocol/errors';
import type { OpenOptions } from '../../workers/protocol/media-contract';
import type { MaskRle } from '../../workers/protocol/mask';
import type { BoxPrompt, PointPrompt } from '../../workers/protocol/prompt';
import type { ObjectCleanUp, TrackerSettings } from '../../workers/protocol/segment-contract';

type Size = { width: number; height: number };

export function invalid(field: string, expected: string, value: unknown): MaskletError {
  return new MaskletError('invalid-argument', `\`${field}\` must be ${expected}, not ${describe(value)}.`);
}

export function asRecord(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(field, 'an object', value);
  return value as Record<string, unknown>;
}

export function asFrame(value: unknown, field: string, frameCount: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw invalid(field, `an integer from 0 to ${frameCount - 1}`, value);
  }
  // The one wrong value that has a code of its own.
  if (value < 0 || value >= frameCount) {
    throw new MaskletError('frame-out-of-range', `\`${field}\` must be from 0 to ${frameCount - 1}, not ${value}.`);
  }
  return value;
}

export function asObjectId(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw invalid(field, 'the id of an object', value);
  return value;
}

export function asOneOf<T extends string | number>(value: unknown, field: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined)
    throw invalid(field, `one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`, value);
  return found;
}

/** Points in video pixels, as normalised ones. */
export function asPoints(value: unknown, field: string, size: Size): PointPrompt[] {
  if (!Array.isArray(value)) throw invalid(field, 'a list of points', value);
  return value.map((item: unknown, n) => {
    const point = asRecord(item, `${field}[${n}]`);
    return {
      xNorm: asCoordinate(point['x'], `${field}[${n}].x`, size.width) / size.width,
      yNorm: asCoordinate(point['y'], `${field}[${n}].y`, size.height) / size.height,
      label: asOneOf(point['label'], `${field}[${n}].label`, [0, 1] as const),
    };
  });
}

/** A box `[x0, y0, x1, y1]` in video pixels, as a normalised one. */
export function asBox(value: unknown, field: string, { width, height }: Size): BoxPrompt {
  if (!Array.isArray(value) || value.length !== 4) throw invalid(field, 'four numbers [x0, y0, x1, y1]', value);
  const x0 = asCoordinate(value[0], `${field}[0]`, width);
  const y0 = asCoordinate(value[1], `${field}[1]`, height);
  const x1 = asCoordinate(value[2], `${field}[2]`, width);
  const y1 = asCoordinate(value[3], `${field}[3]`, height);
  if (x1 <= x0) throw invalid(`${field}[2]`, `greater than \`${field}[0]\` (${x0})`, x1);
  if (y1 <= y0) throw invalid(`${field}[3]`, `greater than \`${field}[1]\` (${y0})`, y1);
  return { x0Norm: x0 / width, y0Norm: y0 / height, x1Norm: x1 / width, y1Norm: y1 / height };
}

/** A mask of the video's size, as run lengths. */
export function asMask(value: unknown, field: string, { width, height }: Size): MaskRle {
  const mask = asRecord(value, field);
  if (mask['width'] !== width) throw invalid(`${field}.width`, `the video's, ${width}`, mask['width']);
  if (mask['height'] !== height) throw invalid(`${field}.height`, `the video's, ${height}`, mask['height']);
  const { counts } = mask;
  if (!Array.isArray(counts) && !(counts instanceof Uint32Array)) {
    throw invalid(`${field}.counts`, 'a list of run lengths', counts);
  }
  let sum = 0;
  for (const [n, run] of (counts as ArrayLike<unknown> & Iterable<unknown> & unknown[]).entries()) {
    if (typeof run !== 'number' || !Number.isInteger(run) || run < 0) {
      throw invalid(`${field}.counts[${n}]`, 'a whole number of pixels', run);
    }
    sum += run;
  }
  if (sum !== width * height) throw invalid(`${field}.counts`, `runs that sum to ${width * height}`, `runs of ${sum}`);
  return { width, height, counts: Uint32Array.from(counts as number[]) };
}

function asCoordinate(value: unknown, field: string, limit: number): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= limit)) {
    throw invalid(field, `a number from 0 to ${limit}`, value);
  }
  return value;
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return value.startsWith('runs of ') ? value : JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return `a value of type ${typeof value}`;
}

/** Only what is given: the rest stays as it is. */
export function asSettings(value: unknown, field: string): Partial<TrackerSettings> {
  const given = asRecord(value, field);
  const settings: Partial<TrackerSettings> = {};
  for (const [name, setting] of Object.entries(given)) {
    const isArea = name === 'fillHoleArea' || name === 'removeIslandArea';
    const isChoice = name === 'nonOverlapping' || name === 'correctionsCondition';
    if (isArea && typeof setting === 'number') settings[name] = setting;
    else if (isChoice && typeof setting === 'boolean') settings[name] = setting;
    else if (name === 'edges') settings[name] = asOneOf(setting, `${field}.${name}`, ['auto', 'model', 'picture']);
    else if (isArea || isChoice)
      throw invalid(`${field}.${name}`, isArea ? 'a number of cells' : 'true or false', setting);
    else throw invalid(`${field}.${name}`, 'left out: there is no such setting', setting);
  }
  return settings;
}

/** Numbers only: which of them make sense, the media worker says, which knows the video. */
export function asOpenOptions(value: unknown, field: string): OpenOptions {
  const options: OpenOptions = {};
  for (const [name, option] of Object.entries(asRecord(value, field))) {
    const known = (['from', 'to', 'stride', 'framesPerSecond', 'part'] as const).find((one) => one === name);
    if (!known) throw invalid(`${field}.${name}`, 'left out: there is no such option', option);
    if (typeof option !== 'number') throw invalid(`${field}.${name}`, 'a number', option);
    options[known] = option;
  }
  return options;
}

export function asCleanUp(value: unknown, field: string): Partial<ObjectCleanUp> {
  const given = asRecord(value, field);
  const names = ['fillHoleArea', 'removeIslandArea', 'growPx', 'smoothPx', 'featherPx'] as const;
  const cleanUp: Partial<ObjectCleanUp> = {};
  for (const [name, number] of Object.entries(given)) {
    const known = asOneOf(name, `${field}: the name of a repair`, names);
    if (typeof number !== 'number') throw invalid(`${field}.${name}`, 'a number', number);
    cleanUp[known] = number;
  }
  return cleanUp;
}
