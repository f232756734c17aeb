/** All samples of one track in decode order, out of the tables of a movie or the runs of its fragments. */

/** Tables of a track, as read from their boxes. ISO 14496-12 §8.6, §8.7. */
export type TrackTables = {
  /** `stts` */
  durations: { counts: number[]; values: number[] };
  /** `ctts`; null where every sample is shown when it is decoded. */
  compositionOffsets: { counts: number[]; values: number[] } | null;
  /** `stsc`, chunks and descriptions numbered from 1; the first description where none is named. */
  chunkRuns: { firstChunks: number[]; samplesPerChunk: number[]; descriptions?: number[] };
  /** `stsz` or `stz2` */
  sizes: ArrayLike<number>;
  /** `stco` or `co64` */
  chunkOffsets: number[];
  /** `stss`, samples numbered from 1; null where every sample is one. */
  syncSamples: number[] | null;
};

/** One run of a fragment, defaults filled in; what it leaves out follows on from the run before. ISO 14496-12 §8.8.8. */
export type TrackRun = {
  /** Of the first sample, in the file. */
  offset: number;
  /** Decode time of the first sample; null where the fragment does not say. */
  decodeTime: number | null;
  /** Numbered from 1. */
  description: number;
  samples: { size: number; duration: number; compositionOffset: number; isSync: boolean }[];
};

export class SampleList {
  readonly offsets: number[] = [];
  readonly sizes: number[] = [];
  /** In the track's timescale, as are durations. */
  readonly compositionTimes: number[] = [];
  readonly durations: number[] = [];
  readonly syncFlags: boolean[] = [];
  /** Per sample, which of the track's codings it is of. */
  readonly codings: number[] = [];
  /** Samples that are decoded for others' sake and give no picture. */
  readonly hidden = new Set<number>();
  /** How much later than decoded samples have to be shown for their order; 0 where their times were told. */
  missingDelay = 0;
  #decodeTime = 0;
  readonly #codingOf: (description: number) => number;

  /** @param codingOf of a sample description, numbered from 1 */
  constructor(codingOf: (description: number) => number = () => 0) {
    this.#codingOf = codingOf;
  }

  get count(): number {
    return this.offsets.length;
  }

  /** Decode time of the sample to come. */
  get decodeTime(): number {
    return this.#decodeTime;
  }

  add(
    offset: number,
    size: number,
    duration: number,
    compositionOffset: number,
    isSync: boolean,
    description = 1,
  ): void {
    this.offsets.push(offset);
    this.sizes.push(size);
    this.durations.push(duration);
    this.compositionTimes.push(this.#decodeTime + compositionOffset);
    this.syncFlags.push(isSync);
    this.codings.push(this.#codingOf(description));
    this.#decodeTime += duration;
  }

  /** Adds a sample of which only its place in presentation is known. */
  addShownAt(offset: number, size: number, compositionTime: number, duration: number, isSync: boolean): void {
    this.#decodeTime = compositionTime;
    this.add(offset, size, duration, 0, isSync);
  }

  /** Shows all samples later. */
  delayBy(ticks: number): void {
    for (const [sample, time] of this.compositionTimes.entries()) this.compositionTimes[sample] = time + ticks;
  }

  /** Samples that come after the first sync sample and are shown before it. */
  leadingSamples(): number[] {
    const found: number[] = [];
    const first = this.syncFlags.indexOf(true);
    if (first < 0) return found;
    const shownAt = this.compositionTimes[first]!;
    for (let sample = first + 1; sample < this.count && !this.syncFlags[sample]; sample++) {
      if (this.compositionTimes[sample]! < shownAt) found.push(sample);
    }
    return found;
  }

  /**
   * Adds what the tables list. Where they disagree on the number of samples, that of the sizes holds, and no sample
   * without a place in a chunk is listed.
   */
  addTables({ durations, compositionOffsets, chunkRuns, sizes, chunkOffsets, syncSamples }: TrackTables): void {
    const duration = new RunLengths(durations);
    const compositionOffset = new RunLengths(compositionOffsets ?? { counts: [], values: [] });
    const syncSet = syncSamples && new Set(syncSamples);
    let sample = 0;
    let run = 0;
    for (let chunk = 0; chunk < chunkOffsets.length && sample < sizes.length; chunk++) {
      while (run + 1 < chunkRuns.firstChunks.length && chunkRuns.firstChunks[run + 1]! <= chunk + 1) run++;
      const samplesInChunk = chunkRuns.samplesPerChunk[run] ?? 0;
      let offset = chunkOffsets[chunk]!;
      for (let i = 0; i < samplesInChunk && sample < sizes.length; i++, sample++) {
        const size = sizes[sample]!;
        const isSync = syncSet?.has(sample + 1) ?? true;
        const shift = compositionOffsets ? compositionOffset.next() : 0;
        this.add(offset, size, duration.next(), shift, isSync, chunkRuns.descriptions?.[run]);
        offset += size;
      }
    }
  }

  addRun(run: TrackRun): void {
    if (run.decodeTime !== null) this.#decodeTime = run.decodeTime;
    let { offset } = run;
    for (const { size, duration, compositionOffset, isSync } of run.samples) {
      this.add(offset, size, duration, compositionOffset, isSync, run.description);
      offset += size;
    }
  }
}

/** Values by run length, one at a time; the last one goes on for ever. */
class RunLengths {
  readonly #counts: number[];
  readonly #values: number[];
  #run = 0;
  #taken = 0;

  constructor({ counts, values }: { counts: number[]; values: number[] }) {
    this.#counts = counts;
    this.#values = values;
  }

  next(): number {
    while (this.#run + 1 < this.#values.length && this.#taken >= this.#counts[this.#run]!) {
      this.#run++;
      this.#taken = 0;
    }
    this.#taken++;
    return this.#values[this.#run] ?? 0;
  }
}
