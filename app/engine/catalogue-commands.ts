/** The models without weights: what there is, and fetching, keeping and removing their weights. */
import { asMaskletError, failureOf, MaskletError } from '../../workers/protocol/errors';
import type { SourceFile } from '../../workers/protocol/media-contract';
import { callback } from '../../workers/protocol/rpc';
import type { CatalogueModel, ModelStatus, StoreProgress } from '../../workers/protocol/segment-contract';
import { speedKey } from '../state/model-speed';
import { patch, watch } from '../state/store';
import type { TrackingRun } from '../state/tracking';
import type { EngineContext } from './context';
import type { ModelCommands } from './model-commands';

const weightsName = /\.(safetensors|pt|pth)$/i;

/** Whether what was dropped is a model: weights, or the folder of a pack. Zips may hold pictures as well. */
export function areModelFiles(files: readonly SourceFile[]): boolean {
  const names = files.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
  return names.some((name) => weightsName.test(name)) || (names.includes('manifest.json') && names.some(isGraph));
}

function isGraph(name: string): boolean {
  return name.endsWith('.onnx');
}

export class CatalogueCommands {
  readonly #context: EngineContext;
  readonly #model: ModelCommands;
  readonly #catalogueUrl: string;
  #transfer: AbortController | null = null;

  constructor(context: EngineContext, model: ModelCommands, catalogueUrl: string) {
    this.#context = context;
    this.#model = model;
    this.#catalogueUrl = catalogueUrl;
    watch(
      context.store,
      (state) => state.tracking.run,
      (now, before) => !now && before && this.#noteSpeed(before),
    );
  }

  /** After a run: how long the model takes here. */
  #noteSpeed({ objects, msPerFrame, measured }: TrackingRun): void {
    const { store } = this.#context;
    const { model, models } = store.getState();
    // Several objects share some of the work.
    if (!model.status || msPerFrame === null || objects.length > 1 || measured < 3) return;
    const { name, imageSize, provider } = model.status;
    patch(store, 'models', {
      speeds: { ...models.speeds, [speedKey(name, imageSize, provider)]: Math.round(msPerFrame) },
    });
  }

  /** Asks for the list of models, and which are kept. */
  async refresh(): Promise<readonly CatalogueModel[]> {
    const { store, threads } = this.#context;
    try {
      await threads.segment.useCatalogue(this.#catalogueUrl);
      const list = await threads.segment.catalogue();
      patch(store, 'models', { list });
      return list;
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** Downloads a model's weights, or goes on with it, and loads the model. The person has agreed to the download. */
  async download(name: string, imageSize?: number): Promise<ModelStatus> {
    const model = await this.#find(name);
    if (!model.sha256) {
      const { hubUrl } = this.#context.store.getState().models;
      const url = weightsUrl(hubUrl, model.repository);
      await this.#run(name, (onProgress, signal) =>
        this.#context.threads.segment.downloadWeights(name, url, onProgress, signal),
      );
    }
    return this.load(name, imageSize);
  }

  /** Ends the download under way; what was loaded is kept. */
  pause(): void {
    this.#transfer?.abort();
  }

  /** Loads a model whose weights are kept. */
  async load(name: string, imageSize?: number): Promise<ModelStatus> {
    await this.#context.threads.segment.useCatalogue(this.#catalogueUrl);
    return this.#model.replace({ kind: 'stored', name }, imageSize);
  }

  /** Loads what a person dropped or picked; weights are kept for the next visit where there is room for them. */
  async loadFiles(files: SourceFile[], imageSize?: number): Promise<ModelStatus> {
    const { threads } = this.#context;
    await threads.segment.useCatalogue(this.#catalogueUrl);
    const weights = files.find(({ path }) => weightsName.test(path));
    if (!weights) return this.#model.replace({ kind: 'files', files }, imageSize);
    try {
      const kept = await this.#run(weights.path, (onProgress, signal) =>
        threads.segment.keepWeights(weights, onProgress, signal),
      );
      return await this.#model.replace({ kind: 'stored', name: kept.name }, imageSize);
    } catch (error) {
      if (asMaskletError(error).code !== 'storage-full') throw error;
      // It can be used all the same, until the page is left.
      return this.#model.replace({ kind: 'files', files: [weights] }, imageSize);
    }
  }

  /**
   * Loads a pack from where it lies: its folder, its manifest, or a zip of it.
   * @throws `invalid-argument` where it is no web address
   */
  async loadPack(address: string, imageSize?: number): Promise<ModelStatus> {
    patch(this.#context.store, 'models', { failure: null });
    const url = this.#webAddress(address);
    if (!/\.(json|zip)$/i.test(url.pathname)) url.pathname = url.pathname.replace(/\/*$/, '/');
    return this.#model.replace({ kind: 'pack', url: url.href }, imageSize);
  }

  /** Removes a model's weights, those of a broken off download too. */
  async remove(name: string): Promise<void> {
    try {
      await this.#context.threads.segment.removeWeights(name);
    } catch (error) {
      throw this.#failed(error);
    }
    patch(this.#context.store, 'models', { failure: null });
    await this.refresh();
  }

  /** @throws `invalid-argument` where it is no web address */
  setHubUrl(address: string): void {
    patch(this.#context.store, 'models', { hubUrl: webAddress(address).href.replace(/\/+$/, '') });
  }

  #webAddress(address: string): URL {
    try {
      return webAddress(address);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  async #find(name: string): Promise<CatalogueModel> {
    const list = await this.refresh();
    const found = list.find((model) => model.name === name);
    if (!found) throw new MaskletError('model-missing', `There is no model ${name}.`);
    return found;
  }

  async #run(
    name: string,
    call: (onProgress: (progress: StoreProgress) => void, signal: AbortSignal) => Promise<CatalogueModel>,
  ): Promise<CatalogueModel> {
    if (this.#transfer)
      throw new MaskletError('busy', 'Another model is being fetched. Pause it first.', {
        reason: ['model-being-loaded'],
      });
    const transfer = new AbortController();
    this.#transfer = transfer;
    const { store } = this.#context;
    patch(store, 'models', {
      failure: null,
      transfer: { name, stage: 'download', loadedBytes: 0, totalBytes: 0 },
    });
    let isRunning = true;
    try {
      return await call(
        callback((progress) => {
          if (isRunning) patch(store, 'models', { transfer: { name, ...progress } });
        }),
        transfer.signal,
      );
    } catch (error) {
      throw this.#failed(error);
    } finally {
      isRunning = false;
      this.#transfer = null;
      patch(store, 'models', { transfer: null });
      await this.refresh().catch(() => undefined);
    }
  }

  #failed(thrown: unknown): MaskletError {
    const error = asMaskletError(thrown);
    const failure = error.code === 'cancelled' ? null : failureOf(error);
    patch(this.#context.store, 'models', { failure });
    return error;
  }
}

function webAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new MaskletError('invalid-argument', `${address} is no web address. Give one like https://example.org.`, {
    reason: ['no-web-address', address],
  });
}

/** Where the hub keeps a repository's weights. */
function weightsUrl(hubUrl: string, repository: string): string {
  return `${hubUrl}/${repository}/resolve/main/model.safetensors`;
}
