/**
 * Which sample is shown when: samples in decode order and an edit list in, frames in presentation order out. Pure.
 *
 * Differs from ffprobe: a sample that the file is too short for is no frame, while ffmpeg shows what there is of it; a
 * second edit starts where the first one ends (ISO 14496-12 §8.6.6), while ffmpeg 5 adds the first sample's composition
 * offset to it; an edit of no duration goes on to the end of the track, while ffmpeg shows nothing of it;
 * and edits are played at the rate that they state, while ffmpeg plays all at 1. See docs/decoding.md.
 */
import type { SampleIndex } from '../encoded-video';
import type { FrameTable } from '../frame-table';
import type { SampleList } from './sample-list';

/** An entry of an edit list. ISO 14496-12 §8.6.6. */
export type Edit = {
  /** In the movie's timescale; 0 means to the end of the track. */
  duration: number;
  /** In the track's timescale; null in an empty edit: nothing is shown. */
  mediaTime: number | null;
  /** Media time that goes by in a moment of the movie's; 0 is a dwell: one frame stands still. 1 where it is not said. */
  rate?: number;
};

export type TrackTiming = {
  timescale: number;
  movieTimescale: number;
  /** Empty where the track has no edit list. */
  edits: Edit[];
};

/** Times are kept apart, so that those of one edit differ by whole ticks and round as ffprobe's do. */
type ShownFrame = {
  sample: number;
  /** Where the frame's edit starts in the movie. */
  editStartUs: number;
  /** From there, in the track's timescale. */
  startTicks: number;
  endTicks: number;
};

/** Of a lone frame that does not say how long it lasts. */
const fallbackDurationUs = 40_000;

export class SampleTable implements SampleIndex, FrameTable {
  readonly sampleCount: number;
  readonly chunkTimestampsUs: Float64Array;
  readonly frameSamples: Uint32Array;
  readonly timestampsUs: Float64Array;
  readonly durationUs: number;
  readonly #syncSamples: number[];
  readonly #hidden: ReadonlySet<number>;
  readonly #codings: readonly number[];
  /** First samples of stretches of one coding. */
  readonly #codingStarts: number[];

  /**
   * Frames are made only of samples that can be decoded: from the first sync sample on, up to the first sample that the
   * file is too short for. Samples of no bytes repeat the picture before them and are no frames, nor are hidden ones.
   * @param fileSize bytes
   */
  constructor(list: SampleList, timing: TrackTiming, fileSize: number) {
    const readable = readableCount(list, fileSize);
    this.#hidden = list.hidden;
    this.#codings = list.codings;
    this.sampleCount = readable;
    this.#syncSamples = syncSamples(list, readable);
    this.#codingStarts = codingStarts(list, readable);
    const firstDecodable = this.#syncSamples[0] ?? readable;
    const order = presentationOrder(list, readable);
    this.chunkTimestampsUs = chunkTimestamps(list, order, timing.timescale);

    const shown = framesOf(
      order.filter((sample) => sample >= firstDecodable && list.sizes[sample]! > 0 && !list.hidden.has(sample)),
      list,
      timing,
    );
    this.frameSamples = Uint32Array.from(shown, ({ sample }) => sample);
    this.timestampsUs = Float64Array.from(shown, (frame) =>
      Math.round(elapsedUs(shown[0]!, frame, frame.startTicks, timing.timescale)),
    );
    this.durationUs = durationUs(shown, timing.timescale);
  }

  isSync(sample: number): boolean {
    return this.#syncSamples[this.#lastSync(sample)] === sample;
  }

  isHidden(sample: number): boolean {
    return this.#hidden.has(sample);
  }

  startFor(sample: number, before = Infinity): number {
    let i = this.#lastSync(Math.min(sample, before - 1));
    const shownAt = this.chunkTimestampsUs[sample]!;
    while (i > 0 && this.chunkTimestampsUs[this.#syncSamples[i]!]! > shownAt) i--;
    // Nothing is decoded from samples of another coding.
    return Math.max(this.#syncSamples[Math.max(i, 0)] ?? 0, this.#codingStarts[this.#stretch(sample)] ?? 0);
  }

  codingOf(sample: number): number {
    return this.#codings[sample] ?? 0;
  }

  endOfCoding(sample: number): number {
    return this.#codingStarts[this.#stretch(sample) + 1] ?? this.sampleCount;
  }

  #stretch(sample: number): number {
    return lowerBound(this.#codingStarts.length, (i) => this.#codingStarts[i]! > sample) - 1;
  }

  /** Index of the last sync sample at or before `sample`; -1 where there is none. */
  #lastSync(sample: number): number {
    return lowerBound(this.#syncSamples.length, (i) => this.#syncSamples[i]! > sample) - 1;
  }
}

/** Later samples are lost too: they are decoded from the ones missing. */
function readableCount(list: SampleList, fileSize: number): number {
  const missing = list.offsets.findIndex((offset, sample) => offset + list.sizes[sample]! > fileSize);
  return missing < 0 ? list.count : missing;
}

/** A track whose table of sync samples is empty is decoded from its first sample: there is no other way in. */
function syncSamples(list: SampleList, count: number): number[] {
  const found: number[] = [];
  for (let sample = 0; sample < count; sample++) {
    if (list.syncFlags[sample] && list.sizes[sample]! > 0) found.push(sample);
  }
  return found.length > 0 || count === 0 ? found : [0];
}

function codingStarts({ codings }: SampleList, count: number): number[] {
  const starts: number[] = [];
  for (let sample = 0; sample < count; sample++) if (codings[sample] !== codings[sample - 1]) starts.push(sample);
  return starts;
}

/** Samples by composition time, and in decode order where that is the same. */
function presentationOrder({ compositionTimes }: SampleList, count: number): number[] {
  const order = Array.from({ length: count }, (_, sample) => sample);
  return order.sort((a, b) => compositionTimes[a]! - compositionTimes[b]! || a - b);
}

function chunkTimestamps({ compositionTimes }: SampleList, order: number[], timescale: number): Float64Array {
  const timestamps = new Float64Array(order.length);
  const first = compositionTimes[order[0]!] ?? 0;
  for (const sample of order) {
    timestamps[sample] = Math.round(((compositionTimes[sample]! - first) * 1e6) / timescale);
  }
  return timestamps;
}

function framesOf(order: number[], list: SampleList, timing: TrackTiming): ShownFrame[] {
  const edited = applyEdits(order, list, timing);
  // An edit list that hides the whole track is a mistake of the file's writer.
  return edited.length > 0 ? edited : applyEdits(order, list, { ...timing, edits: [] });
}

/** Frames that the edits show, in the order they show them. A sample belongs to an edit if it starts inside it. */
function applyEdits(order: number[], list: SampleList, { timescale, movieTimescale, edits }: TrackTiming) {
  const shown: ShownFrame[] = [];
  const firstTime = list.compositionTimes[order[0]!] ?? 0;
  const wholeTrack: Edit[] = [{ duration: 0, mediaTime: firstTime }];
  // A list in which nothing moves is a mistake of the file's writer.
  const canDwell = edits.some(({ mediaTime, rate }) => mediaTime !== null && rate !== 0);
  let editStartUs = 0;
  for (const edit of edits.length > 0 ? edits : wholeTrack) {
    const ticks = edit.duration > 0 ? Math.round((edit.duration * timescale) / movieTimescale) : Infinity;
    if (edit.mediaTime !== null) {
      const frames =
        canDwell && edit.rate === 0
          ? standingFrame(edit.mediaTime, ticks, order, list)
          : movingFrames(edit, ticks, order, list);
      for (const frame of frames) shown.push({ ...frame, editStartUs });
      // Nothing comes after the end of the track.
      if (edit.duration === 0) break;
    }
    editStartUs += (edit.duration * 1e6) / movieTimescale;
  }
  return shown;
}

type EditedFrame = Omit<ShownFrame, 'editStartUs'>;

/** @param length of the edit, in the track's timescale */
function* movingFrames(edit: Edit, length: number, order: number[], list: SampleList): Generator<EditedFrame> {
  const { compositionTimes, durations } = list;
  const mediaTime = edit.mediaTime ?? 0;
  const rate = edit.rate || 1;
  const first = lowerBound(order.length, (i) => compositionTimes[order[i]!]! >= mediaTime);
  for (let i = first; i < order.length; i++) {
    const sample = order[i]!;
    const startTicks = (compositionTimes[sample]! - mediaTime) / rate;
    if (startTicks >= length) break;
    yield { sample, startTicks, endTicks: Math.min(length, startTicks + durations[sample]! / rate) };
  }
}

/** What is on screen at a time, for as long as the edit lasts: a moment where that has no end. */
function* standingFrame(mediaTime: number, length: number, order: number[], list: SampleList): Generator<EditedFrame> {
  const after = lowerBound(order.length, (i) => list.compositionTimes[order[i]!]! > mediaTime);
  const sample = order[Math.max(0, after - 1)];
  if (sample === undefined) return;
  yield { sample, startTicks: 0, endTicks: length === Infinity ? list.durations[sample]! : length };
}

function elapsedUs(from: ShownFrame, to: ShownFrame, toTicks: number, timescale: number): number {
  return to.editStartUs - from.editStartUs + ((toTicks - from.startTicks) * 1e6) / timescale;
}

function durationUs(shown: ShownFrame[], timescale: number): number {
  const first = shown[0];
  const last = shown.at(-1);
  if (!first || !last) return 0;
  const lengthUs = Math.round(elapsedUs(first, last, last.endTicks, timescale));
  if (last.endTicks > last.startTicks) return lengthUs;
  return lengthUs + (shown.length > 1 ? Math.round(lengthUs / (shown.length - 1)) : fallbackDurationUs);
}

/** The first of 0 … count for which `isAtOrAfter` holds, given that it holds for all after it; count where for none. */
function lowerBound(count: number, isAtOrAfter: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isAtOrAfter(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
