/** Masks out of label files: new objects with mask prompts on the frames that the files have masks of. */
import { MaskletError } from '../../workers/protocol/errors';
import type { SourceFile } from '../../workers/protocol/media-contract';
import { fitLabels } from '../masks/fit-labels';
import type { ImportReport } from '../state/importing';
import { emptyPrompts, promptedFrames, promptsOn, statePrompts } from '../state/prompts';
import { patch } from '../state/store';
import type { EngineContext } from './context';
import type { History } from './history';
import type { ObjectCommands } from './object-commands';
import type { PromptCommands } from './prompt-commands';

const labelFile = /\.(json|xml)$/i;
const maskFolder = /(^|\/)(masklet|meta)\.json$/i;
const besideMasks = /\.(png|json|txt)$/i;

/** Whether files are labels of a video, not a video: texts alone, or pictures that one of them describes. */
export function areLabelFiles(files: readonly SourceFile[]): boolean {
  const isDescribed =
    files.some(({ path }) => maskFolder.test(path)) && files.every(({ path }) => besideMasks.test(path));
  return files.length > 0 && (isDescribed || files.every(({ path }) => labelFile.test(path)));
}

export class ImportCommands {
  readonly #context: EngineContext;
  readonly #history: History;
  readonly #objects: ObjectCommands;
  readonly #prompts: PromptCommands;
  #controller: AbortController | null = null;

  constructor(context: EngineContext, history: History, objects: ObjectCommands, prompts: PromptCommands) {
    this.#context = context;
    this.#history = history;
    this.#objects = objects;
    this.#prompts = prompts;
  }

  /**
   * Resolves when the model has answered all of them. Cancelled or failed, what was answered stays; one undo takes all back.
   * @throws `no-video`, `busy`, `cancelled`, and `invalid-argument` with the place in the files; then nothing has changed
   */
  async importMasks(files: readonly SourceFile[]): Promise<ImportReport> {
    const video = this.#context.video();
    const { store, generation } = this.#context;
    if (this.#controller) {
      throw new MaskletError('busy', 'An import is going on. Cancel it first.', { reason: ['import-goes-on'] });
    }
    const controller = new AbortController();
    const { signal } = controller;
    this.#controller = controller;
    patch(store, 'importing', { run: { done: 0, total: null }, report: null });
    this.#context.dismiss('import');
    try {
      const exporter = await this.#context.threads.exporter();
      const labels = await exporter.readLabels(files, signal);
      this.#context.checkGeneration(generation);
      const { objects, report } = fitLabels(labels, video, store.getState().playback.shownFrame);
      if (objects.length === 0) {
        throw new MaskletError('invalid-argument', 'No mask in these files is of a frame that is open.', {
          reason: ['no-frame-fits'],
        });
      }
      this.#history.together('import', {}, () => {
        for (const { name, category, masks } of objects) {
          const id = this.#objects.add(name);
          if (category !== null) this.#objects.setCategory(id, category);
          let { prompts } = store.getState();
          for (const { frameIndex, rle } of masks) {
            prompts = statePrompts(prompts, id, frameIndex, { points: [], box: null, mask: rle });
          }
          store.setState({ prompts });
        }
      });
      let done = 0;
      try {
        await this.#prompts.stateUntold(() => {
          signal.throwIfAborted();
          this.#context.checkGeneration(generation);
          patch(store, 'importing', { run: { done: done++, total: report.masks } });
        });
      } catch (error) {
        if (generation === this.#context.generation) this.#dropUntold();
        throw error;
      }
      patch(store, 'importing', { report });
      return report;
    } catch (error) {
      this.#context.report('import', error);
      throw error;
    } finally {
      this.#controller = null;
      patch(store, 'importing', { run: null });
    }
  }

  cancel(): void {
    this.#controller?.abort();
  }

  /** Prompts that the model was not told are taken back, and objects that have no others. */
  #dropUntold(): void {
    const { store } = this.#context;
    const { told } = this.#history;
    for (const { id } of store.getState().objects.list) {
      let { prompts } = store.getState();
      const untold = promptedFrames(prompts, id).filter(
        (frameIndex) => promptsOn(prompts, id, frameIndex) !== promptsOn(told, id, frameIndex),
      );
      if (untold.length === 0) continue;
      for (const frameIndex of untold) prompts = statePrompts(prompts, id, frameIndex, emptyPrompts);
      store.setState({ prompts });
      this.#objects.dropUnprompted(id, null);
    }
  }
}
