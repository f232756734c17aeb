/** The entries of a zip file, read by range. Source: PKWARE APPNOTE 6.3.10, §4.3. */
import { MaskletError } from '../../protocol/errors';

export type ZipEntry = {
  name: string;
  sizeBytes: number;
  /** Where its bytes lie in the file as they are; null where they are compressed. */
  storedRange(): Promise<[start: number, end: number] | null>;
  read(): Promise<Uint8Array<ArrayBuffer>>;
};

const endRecordBytes = 22;
const maxComment = 65_535;
const maxDirectoryBytes = 64e6;
/** What deflate makes of the most monotonous data. */
const maxDeflateRatio = 1032;
const stored = 0;
const deflated = 8;

/** @throws `model-corrupt` where there is no directory, or it points outside the file */
export async function readZipEntries(file: Blob): Promise<Map<string, ZipEntry>> {
  const { directoryStart, directoryBytes, count } = await readEnd(file);
  if (directoryBytes > maxDirectoryBytes || directoryStart + directoryBytes > file.size) {
    throw corrupt('its directory is cut off');
  }
  const view = await viewOf(file, directoryStart, directoryStart + directoryBytes);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let n = 0; n < count; n++) {
    if (at + 46 > view.byteLength || view.getUint32(at, true) !== 0x02014b50) throw corrupt('its directory is broken');
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const next = at + 46 + nameBytes + extraBytes + view.getUint16(at + 32, true);
    if (next > view.byteLength) throw corrupt('its directory is broken');
    const name = new TextDecoder().decode(new Uint8Array(view.buffer, at + 46, nameBytes));
    const method = view.getUint16(at + 10, true);
    const sizes = readSizes(view, at, at + 46 + nameBytes, extraBytes);
    if (sizes.headerStart + sizes.packedBytes > file.size) throw corrupt(`"${name}" lies outside it`);
    if (!name.endsWith('/')) entries.set(name, entryOf(file, name, method, sizes));
    at = next;
  }
  return entries;
}

type End = { directoryStart: number; directoryBytes: number; count: number };
type Sizes = { sizeBytes: number; packedBytes: number; headerStart: number };

async function readEnd(file: Blob): Promise<End> {
  const tailStart = Math.max(0, file.size - endRecordBytes - maxComment);
  const tail = await viewOf(file, tailStart, file.size);
  for (let at = tail.byteLength - endRecordBytes; at >= 0; at--) {
    if (tail.getUint32(at, true) !== 0x06054b50) continue;
    const end: End = {
      count: tail.getUint16(at + 10, true),
      directoryBytes: tail.getUint32(at + 12, true),
      directoryStart: tail.getUint32(at + 16, true),
    };
    const is64 = end.count === 0xffff || end.directoryBytes === 0xffffffff || end.directoryStart === 0xffffffff;
    return is64 ? readEnd64(file, tailStart + at) : end;
  }
  throw corrupt('its end is missing');
}

async function readEnd64(file: Blob, endStart: number): Promise<End> {
  const locator = await viewOf(file, endStart - 20, endStart);
  if (locator.byteLength < 20 || locator.getUint32(0, true) !== 0x07064b50) throw corrupt('its end is broken');
  const start = count(locator, 8);
  const record = await viewOf(file, start, start + 56);
  if (record.byteLength < 56 || record.getUint32(0, true) !== 0x06064b50) throw corrupt('its end is broken');
  return { count: count(record, 32), directoryBytes: count(record, 40), directoryStart: count(record, 48) };
}

/** Fields that are too large for 32 bits stand in an extra field, in this order, and only those. */
function readSizes(view: DataView, at: number, extraStart: number, extraBytes: number): Sizes {
  const sizes: Sizes = {
    sizeBytes: view.getUint32(at + 24, true),
    packedBytes: view.getUint32(at + 20, true),
    headerStart: view.getUint32(at + 42, true),
  };
  let extra = extraStart;
  while (extra + 4 <= extraStart + extraBytes) {
    const length = view.getUint16(extra + 2, true);
    if (view.getUint16(extra, true) === 1) {
      let field = extra + 4;
      for (const key of ['sizeBytes', 'packedBytes', 'headerStart'] as const) {
        if (sizes[key] !== 0xffffffff) continue;
        if (field + 8 > extra + 4 + length || field + 8 > view.byteLength) throw corrupt('its directory is broken');
        sizes[key] = count(view, field);
        field += 8;
      }
    }
    extra += 4 + length;
  }
  return sizes;
}

function entryOf(file: Blob, name: string, method: number, { sizeBytes, packedBytes, headerStart }: Sizes): ZipEntry {
  async function packedRange(): Promise<[number, number]> {
    const header = await viewOf(file, headerStart, headerStart + 30);
    if (header.byteLength < 30 || header.getUint32(0, true) !== 0x04034b50) throw corrupt(`"${name}" is broken`);
    const start = headerStart + 30 + header.getUint16(26, true) + header.getUint16(28, true);
    if (start + packedBytes > file.size) throw corrupt(`"${name}" is cut off`);
    return [start, start + packedBytes];
  }
  return {
    name,
    sizeBytes,
    storedRange: async () => (method === stored ? packedRange() : null),
    async read() {
      const packed = file.slice(...(await packedRange()));
      if (method === stored) return new Uint8Array(await packed.arrayBuffer());
      if (method !== deflated) throw corrupt(`"${name}" is compressed in a way that can't be read here`);
      return inflate(packed, name, sizeBytes);
    },
  };
}

/** Stops at the size that the directory promises: a few bytes may inflate to terabytes. */
async function inflate(packed: Blob, name: string, sizeBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (sizeBytes > packed.size * maxDeflateRatio) throw corrupt(`"${name}" says it is larger than it can be`);
  const data = new Uint8Array(sizeBytes);
  let at = 0;
  try {
    for await (const chunk of packed.stream().pipeThrough(new DecompressionStream('deflate-raw'))) {
      if (at + chunk.length > sizeBytes) throw corrupt(`"${name}" is larger than it says`);
      data.set(chunk, at);
      at += chunk.length;
    }
  } catch (error) {
    throw error instanceof MaskletError ? error : corrupt(`"${name}" is broken`, error);
  }
  if (at !== sizeBytes) throw corrupt(`"${name}" is smaller than it says`);
  return data;
}

async function viewOf(file: Blob, start: number, end: number): Promise<DataView<ArrayBuffer>> {
  return new DataView(await file.slice(Math.max(0, start), end).arrayBuffer());
}

function count(view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw corrupt('it names sizes that can not be');
  return value;
}

function corrupt(what: string, cause?: unknown): MaskletError {
  return new MaskletError('model-corrupt', `This zip file can't be read: ${what}.`, { cause });
}
