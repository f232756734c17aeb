/** The samples of an MP4 clip with one track, to be written again as ffmpeg cannot be asked to. ISO 14496-12 §8.5 to §8.7. */
import { findBox, replaceBox } from './iso-box.mjs';

const tables = 'moov/trak/mdia/minf/stbl';

/**
 * @typedef {object} Sample
 * @property {Buffer} data
 * @property {number} duration in the track's timescale, as are the others
 * @property {number} shift from decoding to presentation
 * @property {boolean} isSync
 * @property {number} [description] numbered from 1
 */

/**
 * @typedef {object} Movie
 * @property {Buffer[]} entries sample entries, whole boxes
 * @property {Sample[]} samples in decode order
 */

/**
 * @param {Buffer} file
 * @returns {Movie}
 */
export function readMovie(file) {
  const durations = runs(table(file, 'stts'));
  const shifts = runs(table(file, 'ctts'));
  const syncs = table(file, 'stss');
  const isSync = syncs && new Set(words(syncs, 8));
  const sizes = words(/** @type {Buffer} */ (table(file, 'stsz')), 12);
  const chunks = words(/** @type {Buffer} */ (table(file, 'stco')), 8);
  const chunkRuns = words(/** @type {Buffer} */ (table(file, 'stsc')), 8);
  /** @type {Sample[]} */
  const samples = [];
  chunks.forEach((start, chunk) => {
    let run = 0;
    while ((chunkRuns[3 * (run + 1)] ?? Infinity) <= chunk + 1) run++;
    let offset = start;
    for (let left = chunkRuns[3 * run + 1] ?? 0; left > 0; left--) {
      const n = samples.length;
      const size = sizes[n] ?? 0;
      samples.push({
        data: file.subarray(offset, offset + size),
        duration: durations[n] ?? 0,
        shift: shifts[n] ?? 0,
        isSync: isSync ? isSync.has(n + 1) : true,
        description: chunkRuns[3 * run + 2] ?? 1,
      });
      offset += size;
    }
  });
  const stsd = /** @type {Buffer} */ (table(file, 'stsd'));
  return { entries: boxes(stsd.subarray(8)), samples };
}

/**
 * @param {Buffer} file whose other boxes are kept
 * @param {Movie} movie
 */
export function writeMovie(file, { entries, samples }) {
  const ftyp = file.subarray(0, file.readUInt32BE(0));
  const { start, end } = findBox(file, 'moov');
  const media = samples.map(({ data }) => data);
  let offset = ftyp.length + 8;
  const offsets = media.map((data) => (offset += data.length) - data.length);
  const hasShifts = samples.some(({ shift }) => shift !== 0);
  const stbl = [
    box('stsd', [0, entries.length], ...entries),
    box('stts', [0, samples.length, ...samples.flatMap(({ duration }) => [1, duration])]),
    ...(hasShifts ? [box('ctts', [0, samples.length, ...samples.flatMap(({ shift }) => [1, shift])])] : []),
    box('stss', [0, ...counted(samples.flatMap(({ isSync }, n) => (isSync ? [n + 1] : [])))]),
    box('stsz', [0, 0, ...counted(media.map(({ length }) => length))]),
    box('stsc', [0, samples.length, ...samples.flatMap(({ description = 1 }, n) => [n + 1, 1, description])]),
    box('stco', [0, ...counted(offsets)]),
  ];
  const moov = replaceBox(file.subarray(start, end), tables, Buffer.concat(stbl));
  return Buffer.concat([ftyp, box('mdat', [], ...media), moov]);
}

/**
 * A box of 32-bit numbers, and of what follows them.
 * @param {string} type
 * @param {number[]} numbers
 * @param {Buffer[]} rest
 */
export function box(type, numbers, ...rest) {
  const head = Buffer.alloc(8 + 4 * numbers.length);
  const body = Buffer.concat(rest);
  head.writeUInt32BE(head.length + body.length);
  head.write(type, 4, 'latin1');
  numbers.forEach((number, n) => head.writeInt32BE(number | 0, 8 + 4 * n));
  return Buffer.concat([head, body]);
}

/**
 * A sample entry with one more box in it.
 * @param {Buffer} entry
 * @param {Buffer} added
 */
export function withBox(entry, added) {
  const grown = Buffer.concat([entry, added]);
  grown.writeUInt32BE(grown.length);
  return grown;
}

/**
 * NAL units with lengths of four bytes in front.
 * @param {number[][]} units
 */
export function nalUnits(...units) {
  return Buffer.concat(units.map((unit) => Buffer.from([0, 0, 0, unit.length, ...unit])));
}

/** @param {number[]} numbers */
function counted(numbers) {
  return [numbers.length, ...numbers];
}

/**
 * Payload of a table; undefined where the clip has none.
 * @param {Buffer} file
 * @param {string} type
 */
function table(file, type) {
  const stbl = findBox(file, tables);
  const found = boxes(file.subarray(stbl.start + 8, stbl.end)).find((one) => one.toString('latin1', 4, 8) === type);
  return found?.subarray(8);
}

/** @param {Buffer} bytes */
function boxes(bytes) {
  /** @type {Buffer[]} */
  const found = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    found.push(bytes.subarray(at, at + bytes.readUInt32BE(at)));
  }
  return found;
}

/**
 * @param {Buffer} payload
 * @param {number} from
 */
function words(payload, from) {
  return Array.from({ length: (payload.length - from) >> 2 }, (_, n) => payload.readUInt32BE(from + 4 * n));
}

/**
 * Values by run length, one for each sample.
 * @param {Buffer | undefined} payload
 */
function runs(payload) {
  const pairs = payload ? words(payload, 8) : [];
  return pairs.flatMap((count, n) => (n % 2 === 0 ? Array.from({ length: count }, () => (pairs[n + 1] ?? 0) | 0) : []));
}
