import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ScenarioRun, type ActionRecord, type Scenario, type ScenarioEvent } from './policy-scenario';

const folder = new URL('../../../conformance/policy/', import.meta.url);
const scenarios = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Scenario);

/** Attention is permutation invariant: memories and pointers are compared as sets. */
const asSet = (rows: unknown): unknown =>
  Array.isArray(rows) ? rows.map((row) => JSON.stringify(row)).sort() : undefined;
const rounded = (points: unknown): unknown =>
  (points as number[][] | null)?.map((point) => point.map((value) => Math.round(value * 1e3) / 1e3)) ?? null;

function comparable(event: ScenarioEvent): unknown {
  const { id, phase, obj, frame } = event;
  if (phase === 'encode')
    return { id, phase, obj, frame, of: event['of'], binarize: event['binarize'], no_obj_embed: event['no_obj_embed'] };
  const isMaskPrompt = Boolean(event['mask_prompt']);
  return {
    id,
    phase,
    obj,
    frame,
    features: event['features'],
    mem: asSet(event['mem']),
    ptr: asSet(event['ptr']),
    ptr_norm: event['ptr_norm'],
    points: isMaskPrompt ? null : rounded(event['points']),
    labels: isMaskPrompt ? null : event['labels'],
    mask_in: event['mask_in'] ?? null,
    prev_event: event['prev_event'],
    multimask: event['multimask'],
    binarize: event['binarize'],
    no_obj_embed: event['no_obj_embed'],
    ptr_is_no_obj: event['ptr_is_no_obj'] ?? (event['decoderPresent'] === false || event['isPresent'] === false),
  };
}

function compare(record: ActionRecord, expected: Scenario['expected'][number] | undefined): void {
  if (!expected) throw new Error('The scenario expects fewer actions than it has');
  expect(record.events.map(comparable)).toEqual(expected.events.map(comparable));
  expect(record.state).toEqual(expected.state);
  if ('error' in expected.returns) expect(record.error).not.toBeNull();
  else expect(record.error).toBeNull();
  if ('yields' in expected.returns) expect(record.yields).toEqual(expected.returns['yields']);
  if ('masks_from' in expected.returns) expect(record.masksFrom).toEqual(expected.returns['masks_from']);
}

describe('policy of the reference', () => {
  expect(scenarios.length).toBeGreaterThanOrEqual(28);
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', async (_, scenario) => {
    const records = await new ScenarioRun(scenario).run();
    expect(records.length).toBe(scenario.expected.length);
    records.forEach((record, n) => compare(record, scenario.expected[n]));
  });
});
