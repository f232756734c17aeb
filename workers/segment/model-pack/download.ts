/** Fetches a model pack and checks every file against its manifest before anyone runs it. */
import { MaskletError } from '../../protocol/errors';
import type { Precision } from '../../protocol/segment-contract';
import { parseExpectations, type Expectations } from './expectations';
import { graphNames, parseManifest, type GraphFile, type GraphName, type Manifest } from './manifest';

export type ModelPack = {
  manifest: Manifest;
  graphs: Record<GraphName, Uint8Array>;
  precision: Precision;
  /** Reads the weights that a graph does not hold itself. */
  weights?: (graph: GraphName) => Promise<ExternalWeight[]>;
  /** Of any weight or intermediate tensor of a graph, for one object with a full memory bank; where it is known. */
  largestBufferBytes?: Record<GraphName, number>;
  /** Reads what the graphs answer to made-up inputs; where the pack tells. */
  expectations?: () => Promise<Expectations>;
};

/** What the graph expects at the start of a file of this name: float32. */
export type ExternalWeight = { path: string; data: Uint8Array };

type OnBytes = (loadedBytes: number, totalBytes: number) => void;

/**
 * @param packUrl the pack's folder, ending in a slash, or its manifest
 * @throws `network`, `model-missing`, `model-incompatible`, `model-corrupt`
 */
export async function downloadPack(packUrl: string, onProgress: OnBytes): Promise<ModelPack> {
  const manifestUrl = packUrl.endsWith('/') ? new URL('manifest.json', packUrl) : new URL(packUrl);
  const manifest = parseManifest(await fetchJson(manifestUrl));
  const graphs = await fetchGraphs(manifestUrl.href, manifest.graphs, onProgress);
  return withExpectations({ manifest, graphs, precision: 'float32' }, ({ file, bytes }) =>
    fetchBytes(new URL(file, manifestUrl), bytes, new AbortController().signal, () => undefined),
  );
}

/** Fetches a file whose size nothing but its server tells. @throws `network`, `model-missing` */
export async function downloadFile(url: URL, onProgress: OnBytes): Promise<Blob> {
  const response = await fetchFile(url, { cache: 'no-cache' });
  const totalBytes = Number(response.headers.get('content-length') ?? 0);
  let loadedBytes = 0;
  const counted = response.body!.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        loadedBytes += chunk.length;
        onProgress(loadedBytes, Math.max(totalBytes, loadedBytes));
        controller.enqueue(chunk);
      },
    }),
  );
  try {
    return await new Response(counted).blob();
  } catch (error) {
    throw broken(error);
  }
}

/** Fetches graph files from a folder and checks each; those that are compressed are unpacked. */
export async function fetchGraphs(
  folderUrl: string,
  files: Record<GraphName, GraphFile>,
  onProgress: OnBytes,
): Promise<Record<GraphName, Uint8Array>> {
  const totalBytes = graphNames.reduce((sum, name) => sum + files[name].bytes, 0);
  let loadedBytes = 0;
  // One file that can't be had ends the fetching of the others.
  const rest = new AbortController();
  const graphs = await Promise.all(
    graphNames.map(async (name) => {
      const { file, bytes, sha256 } = files[name];
      const data = await fetchBytes(new URL(file, folderUrl), bytes, rest.signal, (count) => {
        loadedBytes += count;
        onProgress(loadedBytes, totalBytes);
      });
      await checkHash(file, data, sha256);
      return [name, data] as const;
    }),
  ).catch((error: unknown) => {
    rest.abort();
    throw error;
  });
  return Object.fromEntries(graphs) as Record<GraphName, Uint8Array>;
}

/** Takes a pack from files: those of a folder, or of a zip. @throws `model-missing`, `model-incompatible`, `model-corrupt` */
export async function readPackFiles(read: (file: string) => Promise<Uint8Array<ArrayBuffer>>): Promise<ModelPack> {
  const manifest = parseManifest(parseJson(await read('manifest.json')));
  const graphs = {} as Record<GraphName, Uint8Array>;
  for (const name of graphNames) {
    const { file, bytes, sha256 } = manifest.graphs[name];
    const data = await read(file);
    if (data.length !== bytes) {
      throw wrongBytes(file, `is ${data.length < bytes ? 'shorter' : 'longer'} than its manifest says`);
    }
    await checkHash(file, data, sha256);
    graphs[name] = data;
  }
  return withExpectations({ manifest, graphs, precision: 'float32' }, ({ file }) => read(file));
}

/** They are read when a device is to be checked, which is seldom. */
function withExpectations(pack: ModelPack, read: (file: GraphFile) => Promise<Uint8Array<ArrayBuffer>>): ModelPack {
  const { expectations } = pack.manifest;
  if (!expectations) return pack;
  return {
    ...pack,
    async expectations() {
      const data = await read(expectations);
      await checkHash(expectations.file, data, expectations.sha256);
      return parseExpectations(parseJson(data));
    },
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new MaskletError('model-incompatible', "This model pack can't be used: its manifest is not JSON.", {
      cause: error,
    });
  }
}

/** @throws `network`, `model-missing` */
export async function fetchJson(url: URL): Promise<unknown> {
  const response = await fetchFile(url, { cache: 'no-cache' });
  try {
    return await response.json();
  } catch (error) {
    // A static server that answers every path with its page answers so.
    throw new MaskletError('model-missing', `There is no model pack at ${url.href}.`, {
      reason: ['no-pack-there', url.href],
      cause: error,
    });
  }
}

async function fetchBytes(
  url: URL,
  bytes: number,
  signal: AbortSignal,
  onBytes: (count: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetchFile(url, { cache: 'default', signal });
  const data = new Uint8Array(bytes);
  let offset = 0;
  const body = response.body!;
  const unpacked = url.pathname.endsWith('.zlib') ? body.pipeThrough(new DecompressionStream('deflate')) : body;
  const reader = unpacked.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (offset + value.length > bytes) throw wrongBytes(url, 'is longer than its manifest says');
      data.set(value, offset);
      offset += value.length;
      onBytes(value.length);
    }
  } catch (error) {
    if (error instanceof MaskletError) throw error;
    throw broken(error);
  }
  if (offset < bytes) throw wrongBytes(url, 'is shorter than its manifest says');
  return data;
}

async function fetchFile(url: URL, options: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    throw new MaskletError(
      'network',
      `The model can't be fetched: ${url.host} can't be reached, or does not let this page read its files (CORS). Try again.`,
      { reason: ['model-unreachable', url.host], cause: error },
    );
  }
  if (!response.ok) {
    const file = url.pathname.split('/').pop() ?? '';
    if (response.status >= 500 || response.status === 429) {
      throw new MaskletError(
        'network',
        `${url.host} answers ${response.status} for the model file ${file}. Try again later.`,
        {
          reason: ['server-refuses', url.host, response.status],
        },
      );
    }
    throw new MaskletError('model-missing', `The model file ${file} is missing on the server (${response.status}).`, {
      reason: ['model-file-missing', file],
    });
  }
  return response;
}

async function checkHash(file: string, data: Uint8Array<ArrayBuffer>, expected: string): Promise<void> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
  const actual = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (actual !== expected) throw wrongBytes(file, 'does not have the sha256 its manifest says');
}

function broken(cause: unknown): MaskletError {
  return new MaskletError('network', 'The connection broke while the model was being fetched. Try again.', { cause });
}

function wrongBytes(file: URL | string, what: string): MaskletError {
  const name = typeof file === 'string' ? file : (file.pathname.split('/').pop() ?? '');
  return new MaskletError(
    'model-corrupt',
    `The model file ${name} ${what}. It was damaged on the way or is not the file that was published: load it again.`,
    { reason: ['model-file-wrong', name] },
  );
}
