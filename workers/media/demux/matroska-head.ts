/**
 * A small file of its own out of what a Matroska file says about its tracks and of one frame, for mediabunny: given the
 * whole of a damaged file, it looks for the next element without end (1.61.0, `resync`). RFC 9559 §5.1.
 */
import { elementHeader, maxElementHeader } from './ebml';
import type { ForwardReader } from './forward-reader';

const ids = { segment: 0x18538067, info: 0x1549a966, tracks: 0x1654ae6b, cluster: 0x1f43b675 };
/** Codec configurations and attachments of tracks are of some kilobytes. */
const maxElementBytes = 1 << 24;

/** An EBML header that says `matroska`. */
const ebmlHeader = [0x1a, 0x45, 0xdf, 0xa3, 0x8b, 0x42, 0x82, 0x88, ...new TextEncoder().encode('matroska')];

/**
 * The elements that describe segment and tracks, whole; null where the file has none of the latter.
 * @throws `truncated-file` when the file can no longer be read
 */
export async function matroskaHead(reader: ForwardReader, signal: AbortSignal): Promise<Uint8Array[] | null> {
  const found = new Map<number, Uint8Array>();
  let position = 0;
  while (position < reader.fileSize && found.size < 2) {
    signal.throwIfAborted();
    const header = elementHeader(await reader.bytes(position, maxElementHeader));
    if (!header) break;
    const { id, headerSize, size } = header;
    const end = position + headerSize + size;
    if ((id === ids.info || id === ids.tracks) && size <= maxElementBytes && end <= reader.fileSize) {
      found.set(id, (await reader.bytes(position, headerSize + size)).slice());
    }
    // Tracks may stand behind the frames, but not behind those whose end is not known.
    if (id === ids.cluster && found.has(ids.tracks)) break;
    position = id === ids.segment ? position + headerSize : end;
  }
  return found.has(ids.tracks) ? [...found.values()] : null;
}

/** @param first frame of the track; without it some codecs are named less exactly */
export function headFile(head: readonly Uint8Array[], first: { trackNumber: number; frame: Uint8Array } | null): Blob {
  const cluster = first && [
    // Its time, 0; then a block of one key frame.
    0xe7,
    0x81,
    0,
    ...element([0xa3], [...sizeOf(first.trackNumber), 0, 0, 0x80, ...first.frame]),
  ];
  const children = [...head.flatMap((bytes) => [...bytes]), ...(cluster ? element(bytesOf(ids.cluster), cluster) : [])];
  return new Blob([Uint8Array.from([...ebmlHeader, ...element(bytesOf(ids.segment), children)])]);
}

function element(id: number[], payload: number[]): number[] {
  return [...id, ...sizeOf(payload.length), ...payload];
}

function bytesOf(id: number): number[] {
  return [24, 16, 8, 0].map((shift) => (id >>> shift) & 0xff);
}

/** A variable-size integer of five bytes: 32 bits. */
function sizeOf(value: number): number[] {
  return [0x08, ...bytesOf(value)];
}
