/**
 * Finds the blocks of one track in a Matroska file. The format has no table of them: all clusters are walked from block
 * to block, and what lies in the blocks is not held. RFC 9559 §5.1, §10.
 */
import { elementHeader, maxElementHeader, unsignedInt, variableInt } from './ebml';
import type { ForwardReader } from './forward-reader';

export type MatroskaBlock = {
  /** Of the frame in the block, bytes from the start of the file. */
  offset: number;
  size: number;
  /** In ticks of the segment. */
  timestamp: number;
  /** In ticks; 0 where the block does not say. */
  duration: number;
  isKey: boolean;
  /** Of the frame; 0 where it has none. */
  firstByte: number;
  /** Its last byte is that of an index of frames. VP9 bitstream specification, annex B. */
  isSuperframe: boolean;
  /** Several frames share the block. */
  isLaced: boolean;
};

const ids = {
  ebml: 0x1a45dfa3,
  segment: 0x18538067,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
  blockDuration: 0x9b,
  referenceBlock: 0xfb,
};
/** Walked into; all others are stepped over. */
const parents = new Set([ids.segment, ids.cluster, ids.blockGroup]);
/** Elements that may stand beside a cluster, and so end one of unknown size. */
const topLevel = new Set([
  ids.ebml,
  ids.segment,
  ids.cluster,
  0x114d9b74, // SeekHead
  0x1549a966, // Info
  0x1654ae6b, // Tracks
  0x1c53bb6b, // Cues
  0x1941a469, // Attachments
  0x1043a770, // Chapters
  0x1254c367, // Tags
  0xec, // Void
  0xbf, // CRC-32
]);
const inCluster = new Set([
  ids.timestamp,
  ids.simpleBlock,
  ids.blockGroup,
  0xa7, // Position
  0xab, // PrevSize
  0x5854, // SilentTracks
  0xaf, // EncryptedBlock
  0xec,
  0xbf,
]);

/** Header of a block: a track number of up to eight bytes, a time, flags; and one byte of the frame. */
const blockStart = 12;
/** Damage that is skipped at most: more is taken for the end. */
const maxDamage = 1 << 24;
/** No frame of any video is larger. */
const maxFrameBytes = 1 << 28;

/**
 * @param signal stops reading; the promise rejects with its reason
 * @returns blocks in the order of the file, those only that lie in it whole
 * @throws `truncated-file` when the file can no longer be read
 */
export async function matroskaBlocks(
  reader: ForwardReader,
  trackNumber: number,
  signal: AbortSignal,
): Promise<MatroskaBlock[]> {
  const blocks: MatroskaBlock[] = [];
  let position = 0;
  let clusterTime = 0;
  let groupEnd = 0;
  let groupBlock: MatroskaBlock | null = null;
  let isInCluster = false;
  while (position < reader.fileSize) {
    signal.throwIfAborted();
    const header = elementHeader(await reader.bytes(position, maxElementHeader));
    const isInGroup = position < groupEnd;
    const isKnown = header && (isInGroup || topLevel.has(header.id) || (isInCluster && inCluster.has(header.id)));
    if (!isKnown || (header.id === ids.simpleBlock && header.size > maxFrameBytes)) {
      position = await nextCluster(reader, position + 1);
      groupEnd = 0;
      continue;
    }
    const { id, size } = header;
    const payload = position + header.headerSize;
    if (id === ids.cluster) {
      clusterTime = 0;
      isInCluster = true;
    } else if (id === ids.timestamp && size <= 8) {
      clusterTime = unsignedInt(await reader.bytes(payload, size));
    } else if (id === ids.blockGroup) {
      groupEnd = payload + size;
      groupBlock = null;
    } else if (id === ids.simpleBlock || id === ids.block) {
      const start = await reader.bytes(payload, Math.min(size, blockStart));
      const block = blockAt(payload, size, start, trackNumber, clusterTime);
      // A block in a group is a key frame until it is said to refer to another.
      if (block && id === ids.block) block.isKey = true;
      if (block && block.offset + block.size <= reader.fileSize) {
        const [lastByte = 0] = await reader.bytes(block.offset + block.size - 1, 1);
        block.isSuperframe = (lastByte & 0xe0) === 0xc0;
        blocks.push(block);
      }
      groupBlock = block;
    } else if (groupBlock && id === ids.referenceBlock) {
      groupBlock.isKey = false;
    } else if (groupBlock && id === ids.blockDuration && size <= 8) {
      groupBlock.duration = unsignedInt(await reader.bytes(payload, size));
    }
    // A group is walked into, and so is anything whose end is not known.
    position = parents.has(id) ? payload : payload + size;
  }
  return blocks;
}

function blockAt(
  payload: number,
  size: number,
  start: Uint8Array,
  trackNumber: number,
  clusterTime: number,
): MatroskaBlock | null {
  const track = variableInt(start, 0);
  if (!track || track.value !== trackNumber) return null;
  const headerSize = track.length + 3;
  if (size < headerSize || start.length < headerSize) return null;
  const relativeTime = new DataView(start.buffer, start.byteOffset).getInt16(track.length);
  const flags = start[track.length + 2]!;
  return {
    offset: payload + headerSize,
    size: size - headerSize,
    timestamp: clusterTime + relativeTime,
    duration: 0,
    isKey: (flags & 0x80) !== 0,
    firstByte: start[headerSize] ?? 0,
    isSuperframe: false,
    isLaced: (flags & 0x06) !== 0,
  };
}

/** Where the next cluster starts after damage; the end of the file where none is near. */
async function nextCluster(reader: ForwardReader, from: number): Promise<number> {
  const step = 1 << 16;
  for (let position = from; position < Math.min(reader.fileSize, from + maxDamage); position += step) {
    // Three bytes more, for an id across the edge.
    const bytes = await reader.bytes(position, step + 3);
    for (let i = bytes.indexOf(0x1f); i >= 0; i = bytes.indexOf(0x1f, i + 1)) {
      if (bytes[i + 1] === 0x43 && bytes[i + 2] === 0xb6 && bytes[i + 3] === 0x75) return position + i;
    }
  }
  return reader.fileSize;
}
