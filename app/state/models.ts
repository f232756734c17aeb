/** The models that may be loaded besides the embedded one, and what is being fetched of them. */
import type { Failure } from '../../workers/protocol/errors';
import type { CatalogueModel, StoreProgress } from '../../workers/protocol/segment-contract';
import type { MeasuredSpeeds } from './model-speed';

type Transfer = StoreProgress & { name: string };

export type ModelsState = {
  /** Null until it was asked for. */
  list: readonly CatalogueModel[] | null;
  /** One at a time. */
  transfer: Transfer | null;
  failure: Failure | null;
  /** Where weights are downloaded from: the public model hub, or a mirror of it. */
  hubUrl: string;
  /** What was measured when models ran here, on this and on earlier visits. */
  speeds: MeasuredSpeeds;
};

export const publicHubUrl = 'https://huggingface.co';

export const modelsAtStart: ModelsState = {
  list: null,
  transfer: null,
  failure: null,
  hubUrl: publicHubUrl,
  speeds: {},
};
