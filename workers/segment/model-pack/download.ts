/** Fetches a model pack and checks every file against its manifest before anyone runs it. */
import { MaskletError } from '../../protocol/errors';
import { graphNames, parseManifest, type GraphName, type Manifest } from './manifest';

export type ModelPack = { manifest: Manifest; graphs: Record<GraphName, Uint8Array> };

/**
 * @param packUrl the pack's folder, ending in a slash
 * @throws `network`, `model-missing`, `model-incompatible`, `model-corrupt`
 */
export async function downloadPack(
  packUrl: string,
  onProgress: (loadedBytes: number, totalBytes: number) => void,
): Promise<ModelPack> {
  const manifest = parseManifest(await fetchManifest(new URL('manifest.json', packUrl)));
  const totalBytes = graphNames.reduce((sum, name) => sum + manifest.graphs[name].bytes, 0);
  let loadedBytes = 0;
  // One file that can't be had ends the fetching of the others.
  const rest = new AbortController();
  const files = await Promise.all(
    graphNames.map(async (name) => {
      const { file, bytes, sha256 } = manifest.graphs[name];
      const data = await fetchBytes(new URL(file, packUrl), bytes, rest.signal, (count) => {
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
  return { manifest, graphs: Object.fromEntries(files) as Record<GraphName, Uint8Array> };
}

async function fetchManifest(url: URL): Promise<unknown> {
  const response = await fetchFile(url, { cache: 'no-cache' });
  try {
    return await response.json();
  } catch (error) {
    // A static server that answers every path with its page answers so.
    throw new MaskletError('model-missing', `There is no model pack at ${url.href}.`, { cause: error });
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
  const reader = response.body!.getReader();
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
    throw new MaskletError('network', 'The connection broke while the model was being fetched. Try again.', {
      cause: error,
    });
  }
  if (offset < bytes) throw wrongBytes(url, 'is shorter than its manifest says');
  return data;
}

async function fetchFile(url: URL, options: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    throw new MaskletError('network', "The model can't be fetched: there is no connection to its server. Try again.", {
      cause: error,
    });
  }
  if (!response.ok) {
    throw new MaskletError(
      'model-missing',
      `The model file ${url.pathname.split('/').pop()} is missing on the server (${response.status}).`,
    );
  }
  return response;
}

async function checkHash(file: string, data: Uint8Array<ArrayBuffer>, expected: string): Promise<void> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
  const actual = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (actual !== expected) throw wrongBytes(file, 'does not have the sha256 its manifest says');
}

function wrongBytes(file: URL | string, what: string): MaskletError {
  const name = typeof file === 'string' ? file : file.pathname.split('/').pop();
  return new MaskletError(
    'model-corrupt',
    `The model file ${name} ${what}. It was damaged on the way or is not the file that was published: load it again.`,
  );
}
