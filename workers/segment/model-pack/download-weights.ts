/** Brings weights into the browser's store: from the model hub, in as many goes as it takes, or from a file. */
import { sha256 } from '@noble/hashes/sha2.js';
import { asMaskletError, MaskletError } from '../../protocol/errors';
import type { SourceFile } from '../../protocol/media-contract';
import type { StoreProgress } from '../../protocol/segment-contract';
import type { CatalogueEntry } from './catalogue';
import { publishedHash } from './published-hash';
import { checkWeights, fetchWeightless, recogniseWeights } from './weightless-pack';
import { openWeightsFile } from './weights-file';
import {
  checkRoom,
  openUnchecked,
  openWriter,
  readStored,
  removeStored,
  writeRecord,
  type StoredWeights,
  type WeightsRecord,
  type WeightsWriter,
} from './weights-store';

type OnProgress = (progress: StoreProgress) => void;

const bytesPerParameter = 4;

/**
 * Downloads a model's weights, going on where an earlier download ended, and checks them. What was loaded is kept when
 * the signal ends it or the connection breaks.
 * @param url of its `model.safetensors`
 * @throws `cancelled`, `network`, `model-missing`, `model-corrupt`, `model-incompatible`, `storage-full`, `busy`
 */
export async function downloadWeights(
  catalogueUrl: string,
  entry: CatalogueEntry,
  url: string,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<StoredWeights> {
  const before = await readStored(entry.name);
  if (before?.sha256) return before;
  const writer = await openWriter(entry.name);
  let record: WeightsRecord = { ...emptyRecord(entry.name, url), ...(before?.source === url ? before : {}) };
  try {
    if (!before || before.source !== url) writer.restart();
    record = await receive(writer, record, entry.parameters * bytesPerParameter, onProgress, signal);
  } catch (error) {
    throw signal.aborted ? new MaskletError('cancelled', 'Paused.', { cause: error }) : asMaskletError(error);
  } finally {
    writer.close();
  }
  return verify(catalogueUrl, entry, record, onProgress, signal, () => entry.sha256 ?? publishedHash(url, signal));
}

/** Copies a file into the store. @throws `cancelled`, `model-corrupt`, `model-incompatible`, `storage-full`, `busy` */
export async function keepWeights(
  catalogueUrl: string,
  entry: CatalogueEntry,
  { path, file }: SourceFile,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<StoredWeights> {
  await checkRoom(file.size);
  const writer = await openWriter(entry.name);
  const record = { ...emptyRecord(entry.name, path), totalBytes: file.size };
  let isWhole = false;
  try {
    writer.restart();
    await writeRecord(record);
    for await (const chunk of file.stream()) {
      signal.throwIfAborted();
      writer.append(chunk);
      onProgress({ stage: 'download', loadedBytes: writer.bytes, totalBytes: file.size });
    }
    isWhole = true;
  } catch (error) {
    throw asMaskletError(error);
  } finally {
    writer.close();
    if (!isWhole) await removeStored(entry.name);
  }
  return verify(catalogueUrl, entry, record, onProgress, signal, () => null);
}

function emptyRecord(name: string, source: string): WeightsRecord {
  return { name, source, totalBytes: null, etag: null, sha256: null, storedAt: new Date().toISOString() };
}

async function receive(
  writer: WeightsWriter,
  before: WeightsRecord,
  expectedBytes: number,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<WeightsRecord> {
  if (before.totalBytes !== null && writer.bytes === before.totalBytes) return before;
  await checkRoom((before.totalBytes ?? expectedBytes) - writer.bytes);
  let response = await request(before.source, writer.bytes, signal);
  if (writer.bytes > 0 && !continues(response, writer.bytes, before)) {
    // The file has changed, or the server gives no ranges: from the start.
    writer.restart();
    if (response.status !== 200) {
      await response.body?.cancel();
      response = await request(before.source, 0, signal);
    }
  }
  const length = Number(response.headers.get('content-length') ?? NaN);
  const totalBytes = Number.isFinite(length) ? writer.bytes + length : null;
  const record: WeightsRecord = { ...before, totalBytes, etag: response.headers.get('etag') };
  await writeRecord(record);
  const shownTotal = totalBytes ?? expectedBytes;
  try {
    for await (const chunk of response.body!) {
      signal.throwIfAborted();
      writer.append(chunk);
      onProgress({ stage: 'download', loadedBytes: writer.bytes, totalBytes: shownTotal });
    }
  } catch (error) {
    if (signal.aborted || asMaskletError(error).code !== 'internal') throw error;
    throw broken(error);
  }
  if (totalBytes !== null && writer.bytes < totalBytes) throw broken();
  return { ...record, totalBytes: writer.bytes };
}

/** A plain range needs no preflight, so that any server with CORS will do. */
async function request(url: string, start: number, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      signal,
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      headers: start > 0 ? { range: `bytes=${start}-` } : {},
    });
  } catch (error) {
    signal.throwIfAborted();
    const why = navigator.onLine
      ? `${new URL(url).host} can't be reached. Check the connection, or choose another mirror.`
      : 'There is no connection to the internet. Try again when there is.';
    throw new MaskletError('network', why, { cause: error });
  }
  if (response.ok || response.status === 416) return response;
  await response.body?.cancel();
  if (response.status >= 500 || response.status === 429) {
    throw new MaskletError('network', `${new URL(url).host} is busy (${response.status}). Try again later.`);
  }
  throw new MaskletError('model-missing', `${new URL(url).host} has no such model (${response.status}): ${url}`);
}

/** Whether the answer goes on with the very file that the first part is of. */
function continues(response: Response, start: number, { totalBytes, etag }: WeightsRecord): boolean {
  if (response.status !== 206) return false;
  const { headers } = response;
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '');
  if (range && (Number(range[1]) !== start || (totalBytes !== null && Number(range[2]) !== totalBytes))) return false;
  const length = headers.get('content-length');
  if (length !== null && totalBytes !== null && start + Number(length) !== totalBytes) return false;
  const theirs = headers.get('etag');
  return etag === null || theirs === null || theirs === etag;
}

/**
 * Header first: a wrong file is told at once. A file that fails is not kept.
 * @param publishedAs SHA-256 of the file; null where nobody says, or where it is somebody's own
 */
async function verify(
  catalogueUrl: string,
  entry: CatalogueEntry,
  record: WeightsRecord,
  onProgress: OnProgress,
  signal: AbortSignal,
  publishedAs: () => string | null | Promise<string | null>,
): Promise<StoredWeights> {
  try {
    const file = await openUnchecked(entry.name);
    // Chromium takes bytes beyond the quota without a word, and drops them.
    if (record.totalBytes !== null && file.size < record.totalBytes) {
      throw new DOMException('Bytes that were written are not there.', 'QuotaExceededError');
    }
    const weights = await openWeightsFile(file);
    const found = recogniseWeights(weights, [entry]);
    checkWeights(weights, await fetchWeightless(catalogueUrl, found));
    const hash = await hashFile(file, onProgress, signal);
    const published = await publishedAs();
    if (published !== null && hash !== published) {
      throw new MaskletError('model-corrupt', `The weights of ${entry.title} are not those that were published.`);
    }
    await writeRecord({ ...record, sha256: hash, storedAt: new Date().toISOString() });
    return (await readStored(entry.name))!;
  } catch (error) {
    const failure = signal.aborted ? new MaskletError('cancelled', 'Paused.', { cause: error }) : asMaskletError(error);
    if (failure.code.startsWith('model-')) await removeStored(entry.name);
    else await writeRecord({ ...record, sha256: null });
    throw failure;
  }
}

async function hashFile(file: File, onProgress: OnProgress, signal: AbortSignal): Promise<string> {
  const hash = sha256.create();
  let loadedBytes = 0;
  for await (const chunk of file.stream()) {
    signal.throwIfAborted();
    hash.update(chunk);
    loadedBytes += chunk.length;
    onProgress({ stage: 'verify', loadedBytes, totalBytes: file.size });
  }
  return Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function broken(cause?: unknown): MaskletError {
  return new MaskletError('network', 'The connection broke. What was loaded is kept: go on when you like.', { cause });
}
