/** The model: where its loading stands and how fast it runs. */
import type { Failure } from '../../workers/protocol/errors';
import type { ModelStatus } from '../../workers/protocol/segment-contract';

export type ModelState = {
  stage: 'idle' | 'download' | 'check' | 'compile' | 'ready' | 'failed';
  loadedBytes: number;
  totalBytes: number;
  /** Of the model in force; kept while another one loads. */
  status: ModelStatus | null;
  failure: Failure | null;
  /** Of the last run, averaged over its recent frames. */
  msPerFrame: number | null;
};

export const modelAtStart: ModelState = {
  stage: 'idle',
  loadedBytes: 0,
  totalBytes: 0,
  status: null,
  failure: null,
  msPerFrame: null,
};

/** Share of the download that is done, 0 to 1. */
export function loadedShare(model: ModelState): number {
  return model.totalBytes > 0 ? Math.min(1, model.loadedBytes / model.totalBytes) : 0;
}
