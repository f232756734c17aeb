/** Loads the model, and another provider for it when the device goes. */
import { asMaskletError, failureOf, MaskletError, type Failure } from '../../workers/protocol/errors';
import { callback } from '../../workers/protocol/rpc';
import type { LoadModelRequest, ModelSource, ModelStatus } from '../../workers/protocol/segment-contract';
import { patch } from '../state/store';
import type { EngineContext } from './context';

export class ModelCommands {
  readonly #context: EngineContext;
  readonly #embedded: ModelSource;
  readonly #renew: () => Promise<void>;
  #source: ModelSource;
  #imageSize: number | undefined;
  #provider: LoadModelRequest['provider'];
  #loading: Promise<ModelStatus> | null = null;
  #recovering: Promise<void> | null = null;

  /** @param renew starts the segment worker again, with what is known there */
  constructor(
    context: EngineContext,
    packUrl: string,
    provider: LoadModelRequest['provider'],
    renew: () => Promise<void>,
  ) {
    this.#renew = renew;
    this.#context = context;
    this.#embedded = { kind: 'pack', url: packUrl };
    this.#source = this.#embedded;
    this.#provider = provider;
  }

  /** Loads the model, replacing the one before. Failures are also shown. */
  load(provider: LoadModelRequest['provider'] = this.#provider): Promise<ModelStatus> {
    this.#provider = provider;
    const loading = this.#load(provider);
    this.#loading = loading;
    // Shown in the state; whoever waits for it still gets the rejection.
    loading.catch(() => undefined);
    return loading;
  }

  /** Which model is loaded, or being loaded; null for the embedded one. */
  get chosen(): { source: ModelSource; imageSize: number | undefined } | null {
    return this.#source === this.#embedded ? null : { source: this.#source, imageSize: this.#imageSize };
  }

  /**
   * Loads another model; null for the embedded one. The one before stays in force where it can't be loaded.
   * @param imageSize for models that leave the choice
   */
  async replace(source: ModelSource | null, imageSize?: number): Promise<ModelStatus> {
    const before = { source: this.#source, imageSize: this.#imageSize, loading: this.#loading };
    const { status } = this.#context.store.getState().model;
    this.#source = source ?? this.#embedded;
    this.#imageSize = imageSize;
    const loading = this.load();
    try {
      return await loading;
    } catch (error) {
      // Unless another choice was made meanwhile, what is loaded is what it was.
      if (this.#loading === loading) {
        this.#source = before.source;
        this.#imageSize = before.imageSize;
        if (status) {
          this.#loading = before.loading;
          patch(this.#context.store, 'model', { stage: 'ready', failure: null });
        }
      }
      throw error;
    }
  }

  /** @throws what the last loading failed with */
  async ready(): Promise<ModelStatus> {
    if (!this.#loading) throw new MaskletError('no-model', 'No model is loaded yet.');
    return this.#loading;
  }

  /** Makes the call, and makes it again on the processor if the graphics device was lost under it. */
  async withRecovery<R>(call: () => Promise<R>): Promise<R> {
    try {
      return await call();
    } catch (error) {
      if (asMaskletError(error).code !== 'device-lost') throw error;
      await this.recover(error);
      return call();
    }
  }

  /** After a lost device: the same model on the processor, and a word about it. */
  async recover(lost: unknown): Promise<void> {
    this.#recovering ??= this.#recover(lost).finally(() => (this.#recovering = null));
    return this.#recovering;
  }

  async #recover(lost: unknown): Promise<void> {
    await this.load('wasm');
    this.#context.report('model', lost, 'use-webgpu');
  }

  async #load(provider: LoadModelRequest['provider']): Promise<ModelStatus> {
    const { store } = this.#context;
    const { failure, status: last } = store.getState().model;
    // The rest of a failed download still reports for a moment.
    let isLoading = true;
    let wasChecked = false;
    this.#context.dismiss('model');
    patch(store, 'model', { stage: 'download', loadedBytes: 0, totalBytes: 0, failure: null, msPerFrame: null });
    try {
      if (isNotStarted(failure) || isNotStarted(last?.fallback ?? null)) await this.#renew();
      const status = await this.#context.threads.segment.loadModel(
        { source: this.#source, provider, ...(this.#imageSize ? { imageSize: this.#imageSize } : {}) },
        callback(({ stage, loadedBytes, totalBytes }) => {
          if (isLoading) patch(store, 'model', { stage, loadedBytes, totalBytes });
          wasChecked ||= stage === 'check';
        }),
      );
      patch(store, 'model', { stage: 'ready', status });
      // A verdict on a device is told when it is made; on later visits it stands in the model's panel.
      if (status.fallback && wasChecked) this.#context.reportInstead(status.fallback, status.provider);
      return status;
    } catch (thrown) {
      const error = asMaskletError(thrown);
      patch(store, 'model', { stage: 'failed', failure: failureOf(error) });
      this.#context.report('model', error);
      throw error;
    } finally {
      isLoading = false;
    }
  }
}

/** ONNX Runtime fails for as long as its worker lives when it failed once. */
function isNotStarted(failure: Failure | null): boolean {
  return failure?.reason?.[0] === 'runtime-not-started';
}
