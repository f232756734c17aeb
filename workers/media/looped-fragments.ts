/** For tests: a fragmented MP4 many times over, as long as one wishes, without a large file. */

/**
 * @param clip whose fragments start with `moof` and give their decode time in a `tfdt` of version 1
 * @param ticks of one round, in the track's timescale
 */
export function loopedFragments(clip: Uint8Array<ArrayBuffer>, rounds: number, ticks: number): Blob {
  const view = new DataView(clip.buffer);
  const typeAt = (offset: number) => String.fromCharCode(...clip.subarray(offset + 4, offset + 8));
  let start = 0;
  while (typeAt(start) !== 'moof') start += view.getUint32(start);
  let end = start;
  while (end < clip.length && ['moof', 'mdat'].includes(typeAt(end))) end += view.getUint32(end);
  const decodeTimes: { offset: number; ticks: bigint }[] = [];
  for (let offset = start; offset < end; offset++) {
    if (typeAt(offset) !== 'tfdt') continue;
    decodeTimes.push({ offset: offset + 12 - start, ticks: view.getBigUint64(offset + 12) });
  }
  const parts: Uint8Array<ArrayBuffer>[] = [clip.slice(0, start)];
  for (let round = 0; round < rounds; round++) {
    const fragments = clip.slice(start, end);
    const fragmentView = new DataView(fragments.buffer);
    for (const time of decodeTimes) fragmentView.setBigUint64(time.offset, time.ticks + BigInt(round * ticks));
    parts.push(fragments);
  }
  return new Blob(parts);
}
