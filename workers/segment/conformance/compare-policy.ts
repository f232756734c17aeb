/** Compares what a policy scenario did with what the reference did: exactly, event by event. */
import { isDeepStrictEqual } from 'node:util';
import { ScenarioRun, type ActionRecord, type Scenario, type ScenarioEvent } from './policy-scenario';

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

/** @returns what differs, one line each; empty when the scenario passes */
export async function comparePolicy(scenario: Scenario): Promise<string[]> {
  const records = await new ScenarioRun(scenario).run();
  return records.flatMap((record, n) => compareAction(record, scenario.expected[n]!).map((line) => `action ${n}: ${line}`));
}

function compareAction(record: ActionRecord, expected: Scenario['expected'][number]): string[] {
  const differences: string[] = [];
  const check = (what: string, actual: unknown, wanted: unknown): void => {
    if (isDeepStrictEqual(plain(actual), plain(wanted))) return;
    differences.push(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`);
  };
  check('number of events', record.events.length, expected.events.length);
  record.events.forEach((event, n) => {
    const wanted = expected.events[n];
    if (wanted) check(`event ${event.id}`, comparable(event), comparable(wanted));
  });
  check('state', record.state, expected.state);
  const { returns } = expected;
  if ('error' in returns !== (record.error !== null)) differences.push(`error: ${record.error} instead of ${String(returns['error'])}`);
  if ('yields' in returns) check('yields', record.yields, returns['yields']);
  if ('masks_from' in returns) check('masks', record.masksFrom, returns['masks_from']);
  return differences;
}

/** Without keys that are undefined, which JSON does not have. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
