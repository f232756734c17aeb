/**
 * A Matroska or WebM file in, an index of its video track out.
 *
 * Mediabunny reads what the file says about its tracks, and no more (see matroska-head.ts). The blocks are walked here: it
 * takes a cluster for a whole or for nothing, so that the frames of a last cluster that is cut short would be lost, and its
 * packets keep their cluster in memory.
 */
import type { Input, Rotation } from 'mediabunny';
import { MaskletError } from '../../protocol/errors';
import type { EncodedVideo } from '../encoded-video';
import { chooseParts, type SourceParts } from '../source-parts';
import { codecName, isBrowserCodec } from './codec-name';
import { completeCodings, hideCutAway } from './decoder-config';
import type { FileBytes } from './file-bytes';
import { ForwardReader } from './forward-reader';
import { matroskaGeometry } from './matroska-geometry';
import { headFile, matroskaHead } from './matroska-head';
import { matroskaBlocks, type MatroskaBlock } from './matroska-blocks';
import type { Orientation } from './orientation';
import { readSamples } from './read-samples';
import { SampleList } from './sample-list';
import { SampleReader } from './sample-reader';
import { SampleTable } from './sample-table';

/** Larger ones are not looked into. */
const maxFirstFrame = 1 << 22;
/** Of others, as much as has to be looked into. */
const maxLook = 1 << 16;

const repack = 'Repack it without loss: ffmpeg -i in.mkv -c copy out.mp4';

/**
 * Reads the file once from front to back: the format has no table of its frames.
 * @param part the video track to take; of several, by default the default and largest one, as ffmpeg has it
 * @param signal stops reading; the promise rejects with its reason
 * @throws `truncated-file`, `no-frames`, `unsupported-codec`, `unsupported-container` when frames share blocks or are
 *   compressed once more, `invalid-argument` when there is no such part
 */
export async function openMatroska(
  file: FileBytes,
  part: number | undefined,
  signal: AbortSignal,
): Promise<EncodedVideo> {
  const reader = new ForwardReader(file);
  const head = await matroskaHead(reader, signal);
  if (!head) throw damaged(null);
  const { trackNumber, parts } = await asked(headFile(head, null), (input) => chooseTrack(input, part));
  const blocks = await matroskaBlocks(reader, trackNumber, signal);
  const [first] = blocks;
  const frame = first && first.size <= maxFirstFrame ? await file.read(first.offset, first.size) : null;
  const { firstSize, timescale, orientation, ...described } = await asked(
    headFile(head, frame && { trackNumber, frame }),
    (input) => describe(input, trackNumber),
  );
  const description = { ...described, ...matroskaGeometry(head, trackNumber), isProtected: false };
  // What is stripped from the front of every frame, or compressed, is told apart by the first one.
  const isPacked = firstSize !== null && firstSize !== first?.size;
  if (isPacked || blocks.some(({ isLaced }) => isLaced)) {
    throw new MaskletError(
      'unsupported-container',
      `This file packs its frames in a way that can't be read. ${repack}`,
      { reason: ['packed-frames'] },
    );
  }
  const list = new SampleList();
  for (const block of blocks) {
    if (isHidden(block, description.config.codec)) list.hidden.add(list.count);
    list.addShownAt(block.offset, block.size, block.timestamp, block.duration, block.isKey);
  }
  const look = (sample: number) => file.read(list.offsets[sample]!, Math.min(list.sizes[sample]!, maxLook));
  await readSamples(list, [description], file, signal);
  await hideCutAway(list, description, look);
  const index = new SampleTable(list, { timescale, movieTimescale: timescale, edits: [] }, file.size);
  if (index.frameSamples.length === 0) {
    throw new MaskletError(
      'truncated-file',
      'This video is cut short: it says what it is, but none of its frames is in the file. Copy or download it again.',
      { reason: ['frames-missing'] },
    );
  }
  const samples = new SampleReader(file, list, index.sampleCount);
  return {
    kind: 'samples',
    parts,
    ...(await completeCodings([description], index, look)),
    index,
    frames: index,
    orientation,
    read: (sample) => samples.read(sample),
  };
}

/** What mediabunny says. */
async function asked<T>(file: Blob, question: (input: Input) => Promise<T>): Promise<T> {
  const { Input, BlobSource, MATROSKA } = await import('mediabunny');
  const input = new Input({ formats: [MATROSKA], source: new BlobSource(file) });
  try {
    return await question(input);
  } catch (cause) {
    throw cause instanceof MaskletError ? cause : damaged(cause);
  } finally {
    input.dispose();
  }
}

function damaged(cause: unknown): MaskletError {
  return new MaskletError(
    'truncated-file',
    'This video is damaged: the part of the file that says what is in it makes no sense. Try another copy of it.',
    { reason: ['index-damaged'], cause },
  );
}

/** Cover art and thumbnails are tracks too: in a codec of pictures, not the default one, or small. */
async function chooseTrack(
  input: Input,
  part: number | undefined,
): Promise<{ trackNumber: number; parts: SourceParts }> {
  const tracks = await input.getVideoTracks();
  const sizes = await Promise.all(
    tracks.map(async (track) => ({ width: await track.getCodedWidth(), height: await track.getCodedHeight() })),
  );
  const ranks = await Promise.all(
    tracks.map(async (track, n) => {
      const { width, height } = sizes[n]!;
      const isFilm = isBrowserCodec(String(await track.getInternalCodecId()));
      return width * height + ((await track.getDisposition()).default ? 1e8 : 0) + (isFilm ? 1e9 : 0);
    }),
  );
  if (tracks.length === 0) {
    throw new MaskletError('no-frames', 'This file has no video in it, perhaps only sound. Choose another file.', {
      reason: ['no-video-track'],
    });
  }
  const parts = chooseParts(
    sizes.map((size) => ({ name: null, size, frameCount: null })),
    part,
    ranks.indexOf(Math.max(...ranks)),
  );
  return { trackNumber: tracks[parts.chosen]!.id, parts };
}

async function describe(input: Input, trackNumber: number) {
  const { EncodedPacketSink } = await import('mediabunny');
  const track = (await input.getVideoTracks()).find(({ id }) => id === trackNumber)!;
  const first = await new EncodedPacketSink(track).getFirstPacket().catch(() => null);
  const codecId = String(await track.getInternalCodecId());
  const config = await track.getDecoderConfig();
  return {
    /** Ticks per second. */
    timescale: await track.getTimeResolution(),
    /** Bytes of the first frame as it is to be decoded; null where that is not known. */
    firstSize: first?.byteLength ?? null,
    config: config ? ownConfig(config) : { codec: codecId },
    colour: config?.colorSpace ?? null,
    codecName: codecName(codecId),
    orientation: turned(await track.getRotation()),
  };
}

/** Without what is applied to the frames handed out. */
function ownConfig({ codec, codedWidth, codedHeight, description }: VideoDecoderConfig): VideoDecoderConfig {
  return {
    codec,
    ...(codedWidth && codedHeight ? { codedWidth, codedHeight } : {}),
    ...(description ? { description } : {}),
  };
}

/** Clockwise. */
function turned(rotation: Rotation): Orientation {
  const turns: Record<Rotation, Orientation> = {
    0: [1, 0, 0, 1],
    90: [0, 1, -1, 0],
    180: [-1, 0, 0, -1],
    270: [0, -1, 1, 0],
  };
  return turns[rotation];
}

/** Alternate reference frames stand in blocks of their own (VP8), or where a muxer did not join them (VP9). */
function isHidden({ firstByte, isSuperframe }: MatroskaBlock, codec: string): boolean {
  // show_frame of the frame tag. RFC 6386 §9.1.
  if (codec === 'vp8') return (firstByte & 0x10) === 0;
  // show_existing_frame and show_frame of profiles 0 to 2. VP9 bitstream specification §6.2, annex B.
  if (codec.startsWith('vp09')) return !isSuperframe && (firstByte & 0x30) !== 0x30 && (firstByte & 0x0a) === 0;
  return false;
}
