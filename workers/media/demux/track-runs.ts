/** The samples that a movie fragment adds to a track. ISO 14496-12 §8.8. */
import { childBoxes, findBox } from './boxes';
import type { MovieFragment } from './movie-boxes';
import { parseBox, type ParsedBox } from './parse-box';
import type { TrackRun } from './sample-list';

/** `tfhd` flags, §8.8.7. */
const hasBaseDataOffset = 0x1;
const hasDescription = 0x2;
const hasDefaultDuration = 0x8;
const hasDefaultSize = 0x10;
const hasDefaultFlags = 0x20;
const baseIsMoof = 0x20000;

/** `trun` flags, §8.8.8. */
const hasDataOffset = 0x1;
const hasFirstSampleFlags = 0x4;

/** Bit of a sample's flags, §8.8.3.1. */
const isNonSync = 0x10000;

/** @param defaults the track's `trex` */
export function trackRuns(
  { moof, start }: MovieFragment,
  trackId: number,
  defaults: ParsedBox<'trex'> | undefined,
): TrackRun[] {
  const runs: TrackRun[] = [];
  // Without a base of its own, a track's data follows that of the track before it in the fragment.
  let position = start;
  for (const traf of childBoxes(moof.payload)) {
    const tfhdBox = traf.type === 'traf' ? findBox(traf.payload, 'tfhd') : undefined;
    if (!tfhdBox) continue;
    const tfhd = parseBox(tfhdBox, 'tfhd');
    let base = position;
    if (tfhd.flags & hasBaseDataOffset) base = tfhd.base_data_offset;
    else if (tfhd.flags & baseIsMoof) base = start;
    const tfdtBox = findBox(traf.payload, 'tfdt');
    let decodeTime = tfdtBox ? parseBox(tfdtBox, 'tfdt').baseMediaDecodeTime : null;
    const sampleDefaults = {
      duration:
        tfhd.flags & hasDefaultDuration ? tfhd.default_sample_duration : (defaults?.default_sample_duration ?? 0),
      size: tfhd.flags & hasDefaultSize ? tfhd.default_sample_size : (defaults?.default_sample_size ?? 0),
      flags: tfhd.flags & hasDefaultFlags ? tfhd.default_sample_flags : (defaults?.default_sample_flags ?? 0),
    };
    const ownDescription = tfhd.flags & hasDescription ? tfhd.default_sample_description_index : undefined;
    const description = ownDescription ?? defaults?.default_sample_description_index ?? 1;
    position = base;
    for (const box of childBoxes(traf.payload)) {
      if (box.type !== 'trun') continue;
      const trun = parseBox(box, 'trun');
      const offset = trun.flags & hasDataOffset ? base + trun.data_offset : position;
      const samples = runSamples(trun, sampleDefaults);
      position = samples.reduce((end, { size }) => end + size, offset);
      if (tfhd.track_id === trackId) runs.push({ offset, decodeTime, description, samples });
      decodeTime = null;
    }
  }
  return runs;
}

function runSamples(
  trun: ParsedBox<'trun'>,
  defaults: { duration: number; size: number; flags: number },
): TrackRun['samples'] {
  return Array.from({ length: trun.sample_count }, (_, i) => {
    const firstFlags = i === 0 && trun.flags & hasFirstSampleFlags ? trun.first_sample_flags : undefined;
    const flags = trun.sample_flags[i] ?? firstFlags ?? defaults.flags;
    return {
      size: trun.sample_size[i] ?? defaults.size,
      duration: trun.sample_duration[i] ?? defaults.duration,
      // Some writers put negative offsets in version 0, whose offsets are unsigned.
      compositionOffset: (trun.sample_composition_time_offset[i] ?? 0) | 0,
      isSync: (flags & isNonSync) === 0,
    };
  });
}
