import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SampleList, type TrackTables } from './sample-list';
import { SampleTable, type Edit } from './sample-table';

const sampleSize = 100;

/** One chunk; the times of the samples in decode order, in a timescale of 1000. */
function tableOf(
  times: number[],
  { edits = [], sync = [1], sizes, fileSize = Infinity, durations = times.map(() => 40) }: Partial<Options> = {},
) {
  const list = new SampleList();
  let decodeTime = 0;
  list.addTables({
    durations: { counts: durations.map(() => 1), values: durations },
    compositionOffsets: {
      counts: times.map(() => 1),
      values: times.map((time, i) => {
        const offset = time - decodeTime;
        decodeTime += durations[i]!;
        return offset;
      }),
    },
    chunkRuns: { firstChunks: [1], samplesPerChunk: [times.length] },
    sizes: sizes ?? times.map(() => sampleSize),
    chunkOffsets: [0],
    syncSamples: sync,
  });
  return new SampleTable(list, { timescale: 1000, movieTimescale: 1000, edits }, fileSize);
}

type Options = {
  edits: Edit[];
  sync: TrackTables['syncSamples'];
  sizes: number[];
  fileSize: number;
  durations: number[];
};

/** Times in µs as ms. */
const ms = (timesUs: Float64Array) => [...timesUs].map((time) => time / 1000);

describe('presentation order', () => {
  it('shows B-frames in the order of their composition times, from 0', () => {
    const table = tableOf([80, 200, 120, 160, 240]);
    expect([...table.frameSamples]).toEqual([0, 2, 3, 1, 4]);
    expect(ms(table.timestampsUs)).toEqual([0, 40, 80, 120, 160]);
    expect(table.durationUs).toBe(200_000);
  });

  it('keeps variable rates, negative offsets, and the last frame’s own length', () => {
    const table = tableOf([-20, 13, 50, 300], { durations: [33, 37, 250, 7] });
    expect(ms(table.timestampsUs)).toEqual([0, 33, 70, 320]);
    expect(table.durationUs).toBe(327_000);
  });

  it('gives frames of one time their decode order', () => {
    const table = tableOf([0, 40, 40, 40, 80]);
    expect([...table.frameSamples]).toEqual([0, 1, 2, 3, 4]);
    expect(ms(table.timestampsUs)).toEqual([0, 40, 40, 40, 80]);
  });

  it('gives a lone frame without a length one', () => {
    expect(tableOf([5], { durations: [0] }).durationUs).toBeGreaterThan(0);
    expect(tableOf([0, 30], { durations: [30, 0] }).durationUs).toBe(60_000);
  });

  it('has no frames before the first sync sample, and none without bytes', () => {
    const table = tableOf([0, 40, 80, 120, 160], { sync: [3], sizes: [9, 9, 9, 0, 9] });
    expect([...table.frameSamples]).toEqual([2, 4]);
  });

  it('takes every sample for a sync sample where there is no table, and the first where it is empty', () => {
    expect([0, 1, 2].map((sample) => tableOf([0, 40, 80], { sync: null }).isSync(sample))).toEqual([true, true, true]);
    const none = tableOf([0, 40, 80], { sync: [] });
    expect([0, 1, 2].map((sample) => none.isSync(sample))).toEqual([true, false, false]);
    expect(none.frameSamples).toHaveLength(3);
  });

  it('stops at the first sample that the file is too short for', () => {
    const table = tableOf([80, 200, 120, 160, 240], { fileSize: 3 * sampleSize + 50 });
    expect(table.sampleCount).toBe(3);
    expect([...table.frameSamples]).toEqual([0, 2, 1]);
    expect(tableOf([0, 40], { fileSize: 10 }).frameSamples).toHaveLength(0);
  });
});

describe('edit lists', () => {
  const times = [80, 120, 160, 200, 240, 280];

  it('subtracts the leading media time, and ignores an empty edit in front', () => {
    const edits = [
      { duration: 500, mediaTime: null },
      { duration: 240, mediaTime: 80 },
    ];
    expect(ms(tableOf(times, { edits }).timestampsUs)).toEqual([0, 40, 80, 120, 160, 200]);
  });

  it('shows the samples that start inside an edit, and ends the last one with it', () => {
    const table = tableOf(times, { edits: [{ duration: 90, mediaTime: 110 }] });
    expect([...table.frameSamples]).toEqual([1, 2]);
    expect(ms(table.timestampsUs)).toEqual([0, 40]);
    expect(tableOf(times, { edits: [{ duration: 60, mediaTime: 120 }] }).durationUs).toBe(60_000);
  });

  it('plays edits one after the other, with gaps, repeats and backward jumps', () => {
    const edits = [
      { duration: 80, mediaTime: 200 },
      { duration: 100, mediaTime: null },
      { duration: 80, mediaTime: 80 },
      { duration: 0, mediaTime: 240 },
    ];
    const table = tableOf(times, { edits });
    expect([...table.frameSamples]).toEqual([3, 4, 0, 1, 4, 5]);
    expect(ms(table.timestampsUs)).toEqual([0, 40, 180, 220, 260, 300]);
    expect(table.durationUs).toBe(340_000);
  });

  it('reads durations in the movie’s timescale', () => {
    const list = new SampleList();
    for (let i = 0; i < 10; i++) list.add(0, 1, 1001, 0, true);
    const edits = [{ duration: 125, mediaTime: 1001 }];
    const table = new SampleTable(list, { timescale: 24_000, movieTimescale: 1000, edits }, 100);
    expect([...table.frameSamples]).toEqual([1, 2, 3]);
    expect([...table.timestampsUs]).toEqual([0, 41_708, 83_417]);
  });

  it('is ignored where it would hide the whole track', () => {
    expect(tableOf(times, { edits: [{ duration: 100, mediaTime: 9999 }] }).frameSamples).toHaveLength(6);
    expect(tableOf(times, { edits: [{ duration: 100, mediaTime: null }] }).frameSamples).toHaveLength(6);
  });
});

describe('where to start decoding', () => {
  it('is the nearest sync sample before, and the one before that for leading pictures', () => {
    // I B P | I with two leading B, P | I
    const table = tableOf([0, 40, 80, 200, 120, 160, 240, 280], { sync: [1, 4, 8] });
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((sample) => table.startFor(sample))).toEqual([0, 0, 0, 3, 0, 0, 3, 7]);
    expect(table.startFor(6, 3)).toBe(0);
    expect(table.startFor(0, 0)).toBe(0);
  });
});

describe('tables', () => {
  const tables: TrackTables = {
    durations: { counts: [2, 1], values: [10, 20] },
    compositionOffsets: null,
    chunkRuns: { firstChunks: [1, 2, 4], samplesPerChunk: [2, 1, 3] },
    sizes: [1, 2, 3, 4, 5, 6, 7],
    chunkOffsets: [1000, 500, 2000, 3000],
    syncSamples: null,
  };

  it('places samples in chunks', () => {
    const list = new SampleList();
    list.addTables(tables);
    expect(list.offsets).toEqual([1000, 1001, 500, 2000, 3000, 3005, 3011]);
    expect(list.compositionTimes).toEqual([0, 10, 20, 40, 60, 80, 100]);
  });

  it('lists no sample without a place in a chunk', () => {
    const list = new SampleList();
    list.addTables({ ...tables, chunkOffsets: [1000, 500] });
    expect(list.count).toBe(3);
    const nothing = new SampleList();
    nothing.addTables({ ...tables, chunkRuns: { firstChunks: [], samplesPerChunk: [] } });
    expect(nothing.count).toBe(0);
  });
});

it('plays edits at the rate they state', () => {
  const times = [0, 40, 80, 120, 160, 200];
  const twice = tableOf(times, { edits: [{ duration: 80, mediaTime: 40, rate: 2 }] });
  expect([...twice.frameSamples]).toEqual([1, 2, 3, 4]);
  expect(ms(twice.timestampsUs)).toEqual([0, 20, 40, 60]);
  expect(twice.durationUs).toBe(80_000);
  const half = tableOf(times, { edits: [{ duration: 160, mediaTime: 0, rate: 0.5 }] });
  expect([...half.frameSamples]).toEqual([0, 1]);
  expect(ms(half.timestampsUs)).toEqual([0, 80]);
});

it('lets one frame stand still in a dwell, the one that is on screen then', () => {
  const table = tableOf([0, 40, 80, 120], {
    edits: [
      { duration: 500, mediaTime: null },
      { duration: 1000, mediaTime: 70, rate: 0 },
      { duration: 80, mediaTime: 80, rate: 1 },
    ],
  });
  expect([...table.frameSamples]).toEqual([1, 2, 3]);
  expect(ms(table.timestampsUs)).toEqual([0, 1000, 1040]);
  expect(table.durationUs).toBe(1_080_000);
  // Nothing would move: a mistake of the writer.
  const allStill = tableOf([0, 40, 80], { edits: [{ duration: 120, mediaTime: 0, rate: 0 }] });
  expect([...allStill.frameSamples]).toEqual([0, 1, 2]);
});

it('shows nothing after an edit that goes on to the end of the track', () => {
  const edits = [0, 40].map((mediaTime) => ({ duration: 0, mediaTime }));
  expect(ms(tableOf([10, 50, 90], { edits }).timestampsUs)).toEqual([0, 40, 80]);
});

it('holds for any samples and edits', () => {
  const sample = fc.record({
    offset: fc.nat(2000),
    size: fc.nat(50),
    duration: fc.nat(100),
    compositionOffset: fc.integer({ min: -200, max: 200 }),
    isSync: fc.boolean(),
  });
  const edit = fc.record({ duration: fc.nat(500), mediaTime: fc.option(fc.nat(3000)) });
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1 }), fc.array(edit, { maxLength: 4 }), (samples, edits) => {
      const list = new SampleList();
      for (const { offset, size, duration, compositionOffset, isSync } of samples) {
        list.add(offset, size, duration, compositionOffset, isSync);
      }
      const table = new SampleTable(list, { timescale: 600, movieTimescale: 1000, edits }, 1800);

      expect(table.chunkTimestampsUs).toHaveLength(table.sampleCount);
      expect(table.timestampsUs).toHaveLength(table.frameSamples.length);
      if (table.frameSamples.length > 0) expect(table.timestampsUs[0]).toBe(0);
      table.timestampsUs.forEach((time, frame) => {
        expect(Number.isInteger(time)).toBe(true);
        if (frame > 0) expect(time).toBeGreaterThanOrEqual(table.timestampsUs[frame - 1]!);
        expect(table.durationUs).toBeGreaterThanOrEqual(time);
      });
      for (const shown of table.frameSamples) {
        expect(shown).toBeLessThan(table.sampleCount);
        const start = table.startFor(shown);
        expect(table.isSync(start)).toBe(true);
        expect(start).toBeLessThanOrEqual(shown);
      }
    }),
  );
});
