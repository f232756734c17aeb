import { crc32 as nodeCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProjectHead, ProjectRecord, StoredMask } from '../protocol/project';
import { crc32, encodeRecord, journalMagic, readJournal } from './journal';
import { migrate, migrations } from './migrations';
import { decodeProjectRecord, encodeProjectRecord, ProjectState, recordsOf } from './project-state';

const head: ProjectHead = {
  schema: 1,
  id: 'a',
  name: 'Clip',
  createdMs: 5,
  source: { files: [{ name: 'clip.mp4', path: 'clip.mp4', sizeBytes: 9, hash: '00' }], options: { from: 3 } },
  video: { width: 4, height: 3, frameCount: 10, durationUs: 400_000 },
};

function fileOf(records: readonly ProjectRecord[]): { bytes: Uint8Array; ends: number[] } {
  const parts = [journalMagic, ...records.map((record) => encodeRecord(encodeProjectRecord(record)))];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  const ends: number[] = [];
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    ends.push((at += part.length));
  }
  return { bytes, ends };
}

function replayed(bytes: Uint8Array): ProjectState {
  const state = new ProjectState();
  for (const payload of readJournal(bytes)?.records ?? []) state.apply(decodeProjectRecord(payload));
  return state;
}

function stateAfter(records: readonly ProjectRecord[]): ProjectState {
  const state = new ProjectState();
  for (const record of records) state.apply(record);
  return state;
}

const object = fc.integer({ min: 1, max: 3 });
const frame = fc.integer({ min: 0, max: 9 });
const storedMask: fc.Arbitrary<StoredMask> = fc.record({
  object,
  frameIndex: frame,
  counts: fc.constantFrom('0c', '12', '3_4'),
  origin: fc.constantFrom('prompt', 'track'),
  occlusionScore: fc.integer({ min: -9, max: 9 }),
  predictedIou: fc.double({ min: 0, max: 1, noNaN: true }),
});
const change: fc.Arbitrary<ProjectRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('slice' as const),
    name: fc.constantFrom('prompts', 'objects'),
    value: fc.jsonValue(),
  }),
  fc.record({ kind: fc.constant('masks' as const), masks: fc.array(storedMask, { maxLength: 4 }) }),
  fc.record({
    kind: fc.constant('dropped' as const),
    object,
    frames: fc.option(fc.array(frame, { maxLength: 3 })),
  }),
);
const history = fc
  .array(change, { maxLength: 12 })
  .map((changes): ProjectRecord[] => [{ kind: 'head', head }, { kind: 'whole' }, ...changes]);

describe('a journal', () => {
  it('replayed up to any byte is the state after its last whole record', () => {
    fc.assert(
      fc.property(history, fc.double({ min: 0, max: 1, noNaN: true }), (records, share) => {
        const { bytes, ends } = fileOf(records);
        const cut = Math.floor(share * bytes.length);
        const whole = ends.filter((end) => end <= cut).length - 1;
        expect(replayed(bytes.subarray(0, cut)).project()).toEqual(
          stateAfter(records.slice(0, Math.max(0, whole))).project(),
        );
        expect(readJournal(bytes.subarray(0, cut))?.wholeBytes ?? null).toBe(whole < 0 ? null : ends[whole]!);
      }),
    );
  });

  it('ends where a byte was damaged, and takes nothing that came after', () => {
    fc.assert(
      fc.property(history, fc.nat(), fc.integer({ min: 1, max: 255 }), (records, place, change) => {
        const { bytes, ends } = fileOf(records);
        const at = journalMagic.length + (place % (bytes.length - journalMagic.length));
        bytes[at]! ^= change;
        const whole = ends.filter((end) => end <= at).length - 1;
        expect(replayed(bytes).project()).toEqual(stateAfter(records.slice(0, Math.max(0, whole))).project());
      }),
    );
  });

  it('is no longer than its state needs once it is rewritten, and comes to the same', () => {
    fc.assert(
      fc.property(history, (records) => {
        const project = stateAfter(records).project()!;
        const again = stateAfter(recordsOf(project)).project();
        expect(JSON.stringify(again)).toBe(JSON.stringify(project));
        // Cut short while it is rewritten, it does not count.
        expect(stateAfter(recordsOf(project).slice(0, -1)).project()).toBeNull();
      }),
    );
  });

  it('refuses other files, and takes junk of any kind without a throw', () => {
    expect(readJournal(new TextEncoder().encode('PK\u0003\u0004 something else'))).toBeNull();
    expect(readJournal(new Uint8Array(0))).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (junk) => {
        const bytes = new Uint8Array([...journalMagic, ...junk]);
        expect(readJournal(bytes)!.wholeBytes).toBeLessThanOrEqual(bytes.length);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(crc32(bytes)).toBe(nodeCrc32(bytes));
      }),
    );
  });
});

describe('projects of other versions', () => {
  it('are brought up step by step, and newer ones are refused', () => {
    const { options: _options, ...withoutOptions } = head.source;
    const old = { ...head, schema: 0, source: withoutOptions } as unknown as ProjectHead;
    const record = decodeProjectRecord(encodeProjectRecord({ kind: 'head', head: old }));
    expect(record).toEqual({ kind: 'head', head: { ...head, source: { ...head.source, options: {} } } });
    const next = { ...migrations, 1: (one: ProjectHead) => ({ ...one, schema: 2, name: `${one.name}!` }) };
    expect(migrate(old, next, 2).name).toBe('Clip!');
    expect(() => migrate(old, {}, 1)).toThrow('no way from schema 0');
    const newer = encodeProjectRecord({ kind: 'head', head: { ...head, schema: 99 } });
    expect(() => decodeProjectRecord(newer)).toThrow('newer version');
  });
});
