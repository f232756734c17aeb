/** The export worker: pulls masks from the segment worker one by one and streams them into a file. */
import { makeZip } from 'client-zip';
import { asMaskletError, MaskletError } from '../protocol/errors';
import type { ExportApi } from '../protocol/export-contract';
import { connect, serve, type Remote } from '../protocol/rpc';
import type { MaskSource } from '../protocol/segment-contract';
import { pngZipEntries, type ZipEntry } from './formats/png-zip';

let masks: Remote<MaskSource> | null = null;

/** The same masks give the same bytes: entries carry the oldest date a zip can have, not today's. */
const zipDate = new Date(1980, 0, 1);

const api: ExportApi = {
  async connect(port) {
    masks = connect<MaskSource>(port);
  },

  async export(request, onProgress, signal) {
    const source = masks;
    if (!source) throw new MaskletError('internal', 'The export worker was asked before it was connected.');
    const total = request.objects.reduce((sum, { frames }) => sum + frames.length, 0);
    if (total === 0) {
      throw new MaskletError('invalid-argument', 'There are no masks to save yet: click an object and track it first.');
    }
    let done = 0;
    let failure: unknown = null;

    async function* entries(): AsyncGenerator<ZipEntry & { lastModified: Date }> {
      try {
        const stream = pngZipEntries(request, async (object, frameIndex) => {
          signal.throwIfAborted();
          const mask = await source!.mask(object, frameIndex);
          onProgress({ done: ++done, total });
          return mask && mask.rle;
        });
        for await (const entry of stream) yield { ...entry, lastModified: zipDate };
      } catch (error) {
        failure = error;
        throw error;
      }
    }

    try {
      // A Blob from a stream lies on disk, not in memory, once it is large.
      return await new Response(makeZip(entries()), { headers: { 'Content-Type': 'application/zip' } }).blob();
    } catch (error) {
      // The stream reports its own failure as a broken fetch.
      throw asMaskletError(failure ?? error);
    }
  },
};

serve(api, self);
