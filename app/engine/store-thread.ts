/** The store worker, started when it is first needed. It outlives restarts of the others: it holds the open project. */
import { connect, type Remote } from '../../workers/protocol/rpc';
import type { StoreApi } from '../../workers/protocol/store-contract';
import type { StartThread, Thread } from './threads';

export class StoreThread {
  readonly #start: StartThread;
  #thread: Thread | null = null;
  #api: Remote<StoreApi> | null = null;

  constructor(start: StartThread) {
    this.#start = start;
  }

  /** Every call rejects once the worker has failed. */
  get api(): Remote<StoreApi> {
    if (!this.#api) {
      this.#thread = this.#start('store');
      this.#thread.failed.catch(() => undefined);
      this.#api = connect<StoreApi>(this.#thread.endpoint, this.#thread.failed);
    }
    return this.#api;
  }

  stop(): void {
    this.#thread?.stop();
    this.#thread = null;
    this.#api = null;
  }
}
