/** An MP4 or QuickTime file in, an index of its video track out. */
import { MaskletError } from '../../protocol/errors';
import type { EncodedVideo } from '../encoded-video';
import { chooseParts, type SourceParts } from '../source-parts';
import { childBoxes, findBox, type Box } from './boxes';
import { isBrowserCodec } from './codec-name';
import { completeCodings, hideCutAway } from './decoder-config';
import type { FileBytes } from './file-bytes';
import { readMovieBoxes, type MovieFragment } from './movie-boxes';
import { orientationOf } from './orientation';
import { parseBox } from './parse-box';
import { bytesOf } from './picture-order';
import { readSamples } from './read-samples';
import { sampleDescriptions, statedSize, statedType, type SampleDescription } from './sample-descriptions';
import { SampleList, type TrackTables } from './sample-list';
import { SampleReader } from './sample-reader';
import { SampleTable, type Edit } from './sample-table';
import { trackRuns } from './track-runs';

/** Of a sample, as much as has to be looked into. */
const maxLook = 1 << 16;

/**
 * Reads the boxes that hold the index and nothing else, but for a sample where they leave open how it is coded.
 *
 * A file that lacks its index is refused; of one that lacks only its last samples, the frames up to there are opened.
 * @param part the video track to take; of several, by default the largest enabled one that is no cover art
 * @param signal stops reading; the promise rejects with its reason
 * @throws `truncated-file`, `no-frames`, `unsupported-codec`, `unsupported-container` when the file does not say how its
 *   video is coded, `invalid-argument` when there is no such part
 */
export async function openMp4(file: FileBytes, part: number | undefined, signal: AbortSignal): Promise<EncodedVideo> {
  const { moov, fragments } = await readMovieBoxes(file, signal);
  try {
    const tracks = videoTracks(moov);
    const parts = partsOf(tracks, part);
    const { trak, id } = tracks[parts.chosen]!;
    const { codings, codingOf } = trackCodings(required(trak, 'mdia', 'minf', 'stbl', 'stsd'));
    const list = samplesOf(trak, id, moov, fragments, codingOf);
    return await encodedVideo(trak, moov, codings, list, file, parts, signal);
  } catch (cause) {
    if (cause instanceof MaskletError) throw cause;
    throw new MaskletError(
      'truncated-file',
      'This video is damaged: the part of the file that lists its frames makes no sense. Try another copy of it.',
      { reason: ['index-damaged'], cause },
    );
  }
}

type VideoTrack = {
  trak: Box;
  id: number;
  isEnabled: boolean;
  /** Of one picture: cover art. Unknown, and so false, where samples are in fragments. */
  isStill: boolean;
  /** In a codec that browsers have a decoder for, as far as they have one at all. */
  isFilm: boolean;
  size: { width: number; height: number };
};

function videoTracks(moov: Box): VideoTrack[] {
  return [...childBoxes(moov.payload)]
    .filter((trak) => {
      const hdlr = trak.type === 'trak' && findBox(trak.payload, 'mdia', 'hdlr');
      return hdlr && parseBox(hdlr, 'hdlr').handler === 'vide';
    })
    .map((trak) => {
      const { track_id: id, flags } = parseBox(required(trak, 'tkhd'), 'tkhd');
      const stsd = findBox(trak.payload, 'mdia', 'minf', 'stbl', 'stsd');
      return {
        trak,
        id,
        isEnabled: (flags & 1) === 1,
        isStill: statedCount(trak) === 1,
        isFilm: isBrowserCodec((stsd && statedType(stsd)) ?? ''),
        size: (stsd && statedSize(stsd)) ?? { width: 0, height: 0 },
      };
    });
}

/** Samples that the track's own tables list. ISO 14496-12 §8.7.3 */
function statedCount(trak: Box): number {
  const stsz =
    findBox(trak.payload, 'mdia', 'minf', 'stbl', 'stsz') ?? findBox(trak.payload, 'mdia', 'minf', 'stbl', 'stz2');
  const { payload } = stsz ?? { payload: new Uint8Array() };
  return payload.length < 12 ? 0 : new DataView(payload.buffer, payload.byteOffset).getUint32(8);
}

/** Cover art and thumbnails are tracks too: pictures in a codec of pictures, single ones, disabled, or small. */
function partsOf(tracks: VideoTrack[], part: number | undefined): SourceParts {
  const rank = ({ isEnabled, isStill, isFilm, size }: VideoTrack) =>
    (isFilm ? 4e9 : 0) + (isStill ? 0 : 2e9) + (isEnabled ? 1e9 : 0) + Math.min(size.width * size.height, 5e8);
  const usual = tracks.findIndex((track) => tracks.every((other) => rank(track) >= rank(other)));
  if (usual < 0) {
    throw new MaskletError('no-frames', 'This file has no video in it, perhaps only sound. Choose another file.', {
      reason: ['no-video-track'],
    });
  }
  return chooseParts(
    tracks.map(({ size }) => ({ name: null, size, frameCount: null })),
    part,
    usual,
  );
}

/** A fixed-point number of 16.16 bits. QuickTime knows no media played backward: that is a mistake of the writer. */
function rateOf(whole: number, fraction: number): number {
  const rate = whole + (fraction & 0xffff) / 0x10000;
  return rate >= 0 ? rate : 1;
}

/** Descriptions that say the same are one coding: some writers repeat theirs for every part of a file. */
function trackCodings(stsd: Box): { codings: SampleDescription[]; codingOf: (description: number) => number } {
  const descriptions = sampleDescriptions(stsd);
  const keys = descriptions.map(keyOf);
  const distinct = [...new Set(keys)];
  return {
    codings: distinct.map((key) => descriptions[keys.indexOf(key)]!),
    // One that is not there is a mistake of the file's writer.
    codingOf: (description) => distinct.indexOf(keys[description - 1] ?? keys[0]!),
  };
}

function keyOf({ config: { description, ...config }, ...rest }: SampleDescription): string {
  return JSON.stringify([config, description ? [...bytesOf(description)] : null, rest]);
}

function samplesOf(
  trak: Box,
  trackId: number,
  moov: Box,
  fragments: MovieFragment[],
  codingOf: (description: number) => number,
): SampleList {
  const list = new SampleList(codingOf);
  list.addTables(trackTables(required(trak, 'mdia', 'minf', 'stbl')));
  const mvex = findBox(moov.payload, 'mvex');
  const defaults = [...childBoxes(mvex?.payload ?? new Uint8Array())]
    .filter(({ type }) => type === 'trex')
    .map((box) => parseBox(box, 'trex'))
    .find((trex) => trex.track_id === trackId);
  for (const fragment of fragments) {
    for (const run of trackRuns(fragment, trackId, defaults)) list.addRun(run);
  }
  return list;
}

function trackTables(stbl: Box): TrackTables {
  const box = (type: string) => findBox(stbl.payload, type);
  const stts = parseBox(required(stbl, 'stts'), 'stts');
  const stsc = parseBox(required(stbl, 'stsc'), 'stsc');
  const [ctts, stss, stsz, stz2, co64] = [box('ctts'), box('stss'), box('stsz'), box('stz2'), box('co64')];
  const offsets = ctts && parseBox(ctts, 'ctts');
  return {
    durations: { counts: stts.sample_counts, values: stts.sample_deltas },
    compositionOffsets: offsets ? { counts: offsets.sample_counts, values: offsets.sample_offsets } : null,
    chunkRuns: {
      firstChunks: stsc.first_chunk,
      samplesPerChunk: stsc.samples_per_chunk,
      descriptions: stsc.sample_description_index,
    },
    sizes: stz2 && !stsz ? parseBox(stz2, 'stz2').sample_sizes : parseBox(required(stbl, 'stsz'), 'stsz').sample_sizes,
    chunkOffsets: co64 ? parseBox(co64, 'co64').chunk_offsets : parseBox(required(stbl, 'stco'), 'stco').chunk_offsets,
    syncSamples: stss ? parseBox(stss, 'stss').sample_numbers : null,
  };
}

async function encodedVideo(
  trak: Box,
  moov: Box,
  descriptions: SampleDescription[],
  list: SampleList,
  file: FileBytes,
  parts: SourceParts,
  signal: AbortSignal,
): Promise<EncodedVideo> {
  const mvhd = parseBox(required(moov, 'mvhd'), 'mvhd');
  const mdhd = parseBox(required(trak, 'mdia', 'mdhd'), 'mdhd');
  // Headers without a scale are read as ffmpeg reads them.
  const movieTimescale = mvhd.timescale || 1;
  const timescale = mdhd.timescale || movieTimescale;
  const timing = { timescale, movieTimescale, edits: editsOf(trak) };
  if (list.count === 0) {
    throw new MaskletError('no-frames', 'The video track of this file is empty. Choose another file.', {
      reason: ['no-video-track'],
    });
  }
  const look = (sample: number) => file.read(list.offsets[sample]!, Math.min(list.sizes[sample]!, maxLook));
  if (list.codings.every((coding) => descriptions[coding]!.isProtected)) {
    throw new MaskletError('unsupported-codec', 'This video is protected against copying. Choose one that is not.', {
      reason: ['copy-protected'],
    });
  }
  await readSamples(list, descriptions, file, signal);
  // Whoever lost the offsets may have kept the edit that leaves out the delay they made.
  const start = timing.edits.find(({ mediaTime }) => mediaTime !== null)?.mediaTime;
  if (start && start === list.missingDelay) list.delayBy(start);
  await hideCutAway(list, descriptions[list.codings[0]!]!, look);
  const index = new SampleTable(list, timing, file.size);
  if (index.frameSamples.length === 0) {
    throw new MaskletError(
      'truncated-file',
      'This video is cut short: it lists its frames, but none of them is in the file. Copy or download it again.',
      { reason: ['frames-missing'] },
    );
  }
  const reader = new SampleReader(file, list, index.sampleCount);
  return {
    kind: 'samples',
    parts,
    ...(await completeCodings(descriptions, index, look)),
    index,
    frames: index,
    orientation: orientationOf(parseBox(required(trak, 'tkhd'), 'tkhd').matrix, mvhd.matrix),
    read: (first) => reader.read(first),
  };
}

function editsOf(trak: Box): Edit[] {
  const elst = findBox(trak.payload, 'edts', 'elst');
  if (!elst) return [];
  return parseBox(elst, 'elst').entries.map((entry) => ({
    duration: entry.segment_duration,
    mediaTime: entry.media_time < 0 ? null : entry.media_time,
    rate: rateOf(entry.media_rate_integer, entry.media_rate_fraction),
  }));
}

function required(parent: Box, ...path: string[]): Box {
  const box = findBox(parent.payload, ...path);
  if (!box) throw new RangeError(`${parent.type} has no ${path.join('/')}`);
  return box;
}
