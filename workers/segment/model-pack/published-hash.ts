/** What the hub itself says that a file's SHA-256 is: it keeps large files by it, and its API tells. */

const hubFile = /^(?<hub>.+)\/(?<repository>[^/]+\/[^/]+)\/resolve\/(?<revision>[^/]+)\/(?<path>.+)$/;
const patienceMs = 10_000;

/**
 * Lower-case hexadecimal; null where the address is no hub's, or where the hub does not say: a mirror may have files
 * only. Source: the Hugging Face Hub API, `GET /api/models/{repository}/tree/{revision}`.
 */
export async function publishedHash(url: string, signal: AbortSignal): Promise<string | null> {
  const { hub, repository, revision, path } = hubFile.exec(url)?.groups ?? {};
  if (!hub) return null;
  try {
    const response = await fetch(`${hub}/api/models/${repository}/tree/${revision}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    });
    if (!response.ok) return null;
    const files = (await response.json()) as { path?: unknown; lfs?: { oid?: unknown } }[];
    const oid = files.find((file) => file.path === path)?.lfs?.oid;
    return typeof oid === 'string' && /^[0-9a-f]{64}$/.test(oid) ? oid : null;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}
