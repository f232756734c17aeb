/**
 * Corrects a list of samples by what the stream says of them: a sample without a picture is no frame, and pictures whose
 * container gives no order of presentation are put in their own.
 *
 * Little is read: samples that are suspicious, and all of them only where pictures may be shown in another order than that of
 * decoding and the container says that they are not.
 */
import { MaskletError } from '../../protocol/errors';
import type { Coding } from '../encoded-video';
import type { FileBytes } from './file-bytes';
import { ForwardReader } from './forward-reader';
import { codedStream, sampleContent, type CodedStream, type PicturePlace, type SampleContent } from './picture-order';
import type { SampleList } from './sample-list';

/** A sample of so few bytes may be a message without a picture, whatever its time. */
const smallSample = 512;
/** Of samples, as many as may last no time by more than neglect: most of Matroska's say nothing of it. */
const maxTimeless = 3 / 4;
/** Of a sample, as much as is looked into at first, and at most. */
const firstLook = 1 << 12;
const maxLook = 1 << 16;
/** Of a slice, as much as tells its place. */
const leastSlice = 64;

type Placed = PicturePlace & { sample: number };

/**
 * @param codings of the list's samples
 * @param fileSize what lies beyond is left alone
 * @param signal stops reading; the promise rejects with its reason
 * @throws `unsupported-container` when pictures are shown in another order than they are decoded in, and it cannot be known
 */
export async function readSamples(
  list: SampleList,
  codings: readonly Pick<Coding, 'config' | 'isProtected'>[],
  file: FileBytes,
  signal: AbortSignal,
): Promise<void> {
  const reader = new ForwardReader(file);
  const order = new StreamOrder();
  const lacksOrder = isInDecodeOrder(list);
  const isSuspicious = suspicions(list);
  let stream: CodedStream | null = null;
  let isAllRead = false;
  let keyIsDue = false;
  for (let sample = 0; sample < list.count; sample++) {
    signal.throwIfAborted();
    const coding = codings[list.codings[sample]!]!;
    if (list.codings[sample] !== list.codings[sample - 1]) {
      stream = coding.isProtected ? null : codedStream(coding.config);
      isAllRead = lacksOrder && stream !== null && stream.reader.mayReorder;
      order.begin();
    }
    const isPresent = list.sizes[sample]! > 0 && list.offsets[sample]! + list.sizes[sample]! <= file.size;
    if (!stream || !isPresent || !(isAllRead || keyIsDue || isSuspicious(sample))) continue;
    const content = await contentOf(sample, list, reader, stream);
    if (content.kind === 'messages') {
      keyIsDue ||= list.syncFlags[sample]!;
      giveToNext(list, sample, content.hasParameterSets);
      continue;
    }
    const isPicture = content.kind === 'picture';
    if (keyIsDue && isPicture && content.isKey) list.syncFlags[sample] = true;
    keyIsDue = false;
    if (isAllRead) order.add(sample, isPicture ? content.slice : null, stream);
  }
  order.putIn(list);
}

/** Of one that cannot be read, or is too large to be looked through, nothing is known. */
async function contentOf(
  sample: number,
  list: SampleList,
  reader: ForwardReader,
  stream: CodedStream,
): Promise<SampleContent> {
  const size = list.sizes[sample]!;
  try {
    for (const length of [firstLook, maxLook]) {
      const bytes = await reader.bytes(list.offsets[sample]!, Math.min(size, length));
      const content = sampleContent(bytes, stream);
      const isPicture = content.kind === 'picture' && content.slice.length >= Math.min(size, leastSlice);
      if (isPicture || size <= length) return content;
    }
  } catch (cause) {
    if (!(cause instanceof MaskletError)) throw cause;
  }
  return { kind: 'unknown' };
}

/** What a sample without a picture tells the decoder goes with the picture after it, where it stands in front of that. */
function giveToNext(list: SampleList, sample: number, hasParameterSets: boolean): void {
  const next = sample + 1;
  const size = list.sizes[sample]!;
  if (hasParameterSets && list.offsets[next] === list.offsets[sample]! + size) {
    list.offsets[next] = list.offsets[sample]!;
    list.sizes[next] = list.sizes[next]! + size;
  }
  list.sizes[sample] = 0;
}

/** Small ones, and those that share their time with another or last no time, where durations are told at all. */
function suspicions({ sizes, compositionTimes, durations, count }: SampleList): (sample: number) => boolean {
  const times = new Set<number>();
  const shared = new Set<number>();
  for (let sample = 0; sample < count; sample++) {
    const time = compositionTimes[sample]!;
    if (times.has(time)) shared.add(time);
    times.add(time);
  }
  const timeless = durations.reduce((sum, duration) => sum + (duration === 0 ? 1 : 0), 0);
  const tellsDurations = timeless <= count * maxTimeless;
  return (sample) =>
    sizes[sample]! <= smallSample ||
    shared.has(compositionTimes[sample]!) ||
    (tellsDurations && durations[sample] === 0);
}

function isInDecodeOrder({ compositionTimes }: SampleList): boolean {
  return compositionTimes.every((time, sample) => sample === 0 || time >= compositionTimes[sample - 1]!);
}

/** Pictures of one list, put in the order that their streams state. */
class StreamOrder {
  readonly #placed: Placed[] = [];
  #isUnknown = false;
  #stretch = -1;

  /** Whatever comes from now on is shown after what came before. */
  begin(): void {
    this.#stretch++;
  }

  add(sample: number, slice: Uint8Array | null, { reader }: CodedStream): void {
    try {
      if (!slice) throw new RangeError('A sample cannot be looked into');
      const { sequence, ...place } = reader.place(slice);
      this.#placed.push({ ...place, sequence: this.#stretch * 2 ** 32 + sequence, sample });
    } catch {
      this.#isUnknown = true;
    }
  }

  /** The n-th picture shown is shown at the n-th of their times. @throws `unsupported-container` */
  putIn(list: SampleList): void {
    const decoded = this.#placed;
    const shown = decoded.toSorted((a, b) => a.sequence - b.sequence || a.order - b.order);
    if (shown.some((picture, n) => picture !== decoded[n])) {
      if (this.#isUnknown) throw orderUnknown();
      const times = decoded.map(({ sample }) => [list.compositionTimes[sample]!, list.durations[sample]!] as const);
      const decodedAt = new Map(decoded.map(({ sample }, n) => [sample, times[n]![0]]));
      for (const [n, { sample }] of shown.entries()) {
        [list.compositionTimes[sample], list.durations[sample]] = times[n]!;
        list.missingDelay = Math.max(list.missingDelay, decodedAt.get(sample)! - times[n]![0]);
      }
    }
    for (const { sample, isHidden } of decoded) if (isHidden) list.hidden.add(sample);
  }
}

function orderUnknown(): MaskletError {
  return new MaskletError(
    'unsupported-container',
    'This file does not say in which order its frames are shown, and some are too damaged to tell. Convert it: ffmpeg -i in -c:v libx264 -crf 16 -pix_fmt yuv420p out.mp4',
    { reason: ['order-unknown'] },
  );
}
