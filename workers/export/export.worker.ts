/** The export worker: pulls masks from the segment worker frame by frame and streams them into a file. */
import { makeZip } from 'client-zip';
import { asMaskletError, MaskletError } from '../protocol/errors';
import type { ExportApi } from '../protocol/export-contract';
import { exportFormats, type ExportFormat } from '../protocol/export-formats';
import { connect, serve, type Remote } from '../protocol/rpc';
import type { MaskSource } from '../protocol/segment-contract';
import type { FileEntry, FormatModule } from './format';
import { framesOfMasks } from './frames-of-masks';
import { labelFiles } from './readers/label-files';
import { readLabels } from './readers/read-labels';

let masks: Remote<MaskSource> | null = null;

/** The same masks give the same bytes: entries carry the oldest date a zip can have, not today's. */
const zipDate = new Date(1980, 0, 1);

const writers = import.meta.glob<FormatModule>('./formats/*.format.ts');

function writerOf(format: ExportFormat): Promise<FormatModule> {
  const load = writers[`./formats/${format}.format.ts`];
  if (!load) throw new MaskletError('invalid-argument', `There is no format ${format}.`);
  return load();
}

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
    const { write } = await writerOf(request.format);
    let failure: unknown = null;

    async function* entries(): AsyncGenerator<FileEntry & { lastModified: Date }> {
      try {
        const frames = framesOfMasks(
          request,
          (frameIndex) => {
            signal.throwIfAborted();
            return source!.masksOfFrame(frameIndex);
          },
          (done) => onProgress({ done, total }),
        );
        for await (const entry of write(request, frames)) yield { ...entry, lastModified: zipDate };
      } catch (error) {
        failure = error;
        throw error;
      }
    }

    try {
      const { extension, mime } = exportFormats[request.format];
      // A Blob from a stream lies on disk, not in memory, once it is large.
      const content = extension === 'zip' ? makeZip(entries()) : streamOf(entries());
      return await new Response(content, { headers: { 'Content-Type': mime } }).blob();
    } catch (error) {
      // The stream reports its own failure as a broken fetch.
      throw asMaskletError(failure ?? error);
    }
  },

  async readLabels(files, signal) {
    const found = await labelFiles(files);
    signal.throwIfAborted();
    return readLabels(found, signal);
  },
};

/** Of formats that are one file: its pieces one after another. */
function streamOf(entries: AsyncGenerator<FileEntry>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await entries.next();
      if (done) controller.close();
      else if (typeof value.input === 'string') controller.enqueue(encoder.encode(value.input));
      else if (value.input instanceof Blob) controller.enqueue(new Uint8Array(await value.input.arrayBuffer()));
      else controller.enqueue(value.input);
    },
    async cancel() {
      await entries.return(undefined);
    },
  });
}

serve(api, self);
