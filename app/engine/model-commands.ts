/** Loads the model, and another provider for it when the device goes. */
import { asMaskletError, MaskletError } from '../../workers/protocol/errors';
import { callback } from '../../workers/protocol/rpc';
import type { LoadModelRequest, ModelStatus } from '../../workers/protocol/segment-contract';
import { patch } from '../state/store';
import type { EngineContext } from './context';

export class ModelCommands {
  readonly #context: EngineContext;
  readonly #packUrl: string;
  #provider: LoadModelRequest['provider'];
  #loading: Promise<ModelStatus> | null = null;
  #recovering: Promise<void> | null = null;

  constructor(context: EngineContext, packUrl: string, provider: LoadModelRequest['provider']) {
    this.#context = context;
    this.#packUrl = packUrl;
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
    const { store, threads } = this.#context;
    // The rest of a failed download still reports for a moment.
    let isLoading = true;
    this.#context.dismiss('model');
    patch(store, 'model', { stage: 'download', loadedBytes: 0, totalBytes: 0, failure: null, msPerFrame: null });
    try {
      const status = await threads.segment.loadModel(
        { packUrl: this.#packUrl, provider },
        callback(({ stage, loadedBytes, totalBytes }) => {
          if (isLoading) patch(store, 'model', { stage, loadedBytes, totalBytes });
        }),
      );
      patch(store, 'model', { stage: 'ready', status });
      return status;
    } catch (thrown) {
      const error = asMaskletError(thrown);
      patch(store, 'model', { stage: 'failed', failure: { code: error.code, message: error.message } });
      this.#context.report('model', error);
      throw error;
    } finally {
      isLoading = false;
    }
  }
}
