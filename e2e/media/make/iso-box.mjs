/** Just enough of ISO 14496-12 to change one box of a clip that ffmpeg cannot be asked to write that way. */

/**
 * Bytes in front of the boxes in one, where there is more than its header. §8.5.2, §12.1.3
 * @type {Record<string, number>}
 */
const childrenAt = { stsd: 16, avc1: 86 };

/**
 * Where a box is, by its path from the top of the file, such as `moov/trak/edts/elst`; the first of its kind each time.
 * @param {Buffer} file
 * @param {string} path
 */
export function findBox(file, path) {
  let start = 0;
  let end = file.length;
  /** @type {number[]} */
  const parents = [];
  for (const type of path.split('/')) {
    const parent = parents.at(-1);
    if (parent !== undefined) start += childrenAt[file.toString('latin1', parent + 4, parent + 8)] ?? 8;
    while (start < end && file.toString('latin1', start + 4, start + 8) !== type) start += file.readUInt32BE(start);
    if (start >= end) throw new Error(`No ${type} of ${path}`);
    parents.push(start);
    end = start + file.readUInt32BE(start);
  }
  return { start, end, parents: parents.slice(0, -1) };
}

/**
 * The file with another payload in one box. Chunk offsets stay true only if all samples come before it.
 * @param {Buffer} file
 * @param {string} path
 * @param {Buffer} payload
 */
export function replaceBox(file, path, payload) {
  const { start, end, parents } = findBox(file, path);
  const growth = payload.length + 8 - (end - start);
  const changed = Buffer.concat([file.subarray(0, start + 8), payload, file.subarray(end)]);
  for (const box of [start, ...parents]) changed.writeUInt32BE(file.readUInt32BE(box) + growth, box);
  return changed;
}

/**
 * Payload of an edit list.
 * @param {{ duration: number, mediaTime: number }[]} edits in the movie's and in the track's timescale
 */
export function editList(edits) {
  const payload = Buffer.alloc(8 + 12 * edits.length);
  payload.writeUInt32BE(edits.length, 4);
  edits.forEach(({ duration, mediaTime }, i) => {
    payload.writeUInt32BE(duration, 8 + 12 * i);
    payload.writeInt32BE(mediaTime, 12 + 12 * i);
    payload.writeUInt32BE(0x10000, 16 + 12 * i);
  });
  return payload;
}
