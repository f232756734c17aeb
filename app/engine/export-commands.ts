/** Saves masks: the request is made from the state, the export worker does the rest. */
import { MaskletError } from '../../workers/protocol/errors';
import type { ExportRequest } from '../../workers/protocol/export-contract';
import { exportFormats, type ExportFormat } from '../../workers/protocol/export-formats';
import { safeFileName } from '../../workers/protocol/file-name';
import { callback } from '../../workers/protocol/rpc';
import { markedFrames } from '../state/masklets';
import { promptedFrames, promptsOn } from '../state/prompts';
import { usualCategory } from '../state/objects';
import { patch, type AppState } from '../state/store';
import type { EngineContext } from './context';
import { download } from './download';

export class ExportCommands {
  readonly #context: EngineContext;
  #controller: AbortController | null = null;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** @throws `no-video`, `invalid-argument` when there are no masks, `busy`, `storage-full`, `cancelled` */
  async make(format: ExportFormat): Promise<Blob> {
    this.#context.video();
    if (this.#controller)
      throw new MaskletError('busy', 'An export is going on. Cancel it first.', { reason: ['export-goes-on'] });
    const { store, generation } = this.#context;
    const { objects, prompts, masklets } = store.getState();
    const request = exportRequest(store.getState(), format);
    const controller = new AbortController();
    this.#controller = controller;
    patch(store, 'exporting', { run: { format, done: 0, total: 0 }, savedAs: null });
    this.#context.dismiss('export');
    try {
      const exporter = await this.#context.threads.exporter();
      const blob = await exporter.export(
        request,
        callback(({ done, total }) => {
          if (store.getState().exporting.run) patch(store, 'exporting', { run: { format, done, total } });
        }),
        controller.signal,
      );
      this.#context.checkGeneration(generation);
      patch(store, 'exporting', { saved: { objects, prompts, masklets } });
      return blob;
    } catch (error) {
      this.#context.report('export', error);
      throw error;
    } finally {
      this.#controller = null;
      patch(store, 'exporting', { run: null });
    }
  }

  /** Makes the file and hands it to the person. */
  async save(format: ExportFormat): Promise<void> {
    const { name } = this.#context.video();
    const { suffix, extension } = exportFormats[format];
    const fileName = `${safeFileName(name.replace(/\.[^.]+$/, ''), 'masklet')}-${suffix}.${extension}`;
    download(await this.make(format), fileName);
    patch(this.#context.store, 'exporting', { savedAs: fileName });
  }

  cancel(): void {
    this.#controller?.abort();
  }
}

/** @throws `invalid-argument` when no object has a mask */
function exportRequest(state: AppState, format: ExportFormat): ExportRequest {
  const { project, model, objects, prompts, masklets } = state;
  const exported = objects.list
    .map(({ id, name, category, cleanUp }) => ({
      id,
      name,
      category: category ?? usualCategory,
      featherPx: cleanUp?.featherPx ?? 0,
      frames: markedFrames(masklets.byObject[id]),
      prompts: promptedFrames(prompts, id).map((frameIndex) => ({
        frameIndex,
        prompts: promptsOn(prompts, id, frameIndex),
      })),
    }))
    .filter(({ frames }) => frames.length > 0);
  if (!project.video || exported.length === 0) {
    throw new MaskletError('invalid-argument', 'There are no masks to export yet. Click an object first.', {
      reason: ['nothing-to-export'],
    });
  }
  const { name = '', version = '', provider = '' } = model.status ?? {};
  return { format, video: project.video, objects: exported, model: { name, version, provider } };
}
