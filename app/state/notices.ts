/** Failures a person should see, each where it happened: one per place, the newest. */
import type { ErrorCode, Failure } from '../../workers/protocol/errors';
import type { ModelStatus } from '../../workers/protocol/segment-contract';

export type NoticePlace = 'open' | 'model' | 'frame' | 'tracking' | 'export' | 'import' | 'threads' | 'page' | 'saving';

/** The way on that its button offers. */
export type NoticeAction =
  'choose-file' | 'retry-model' | 'use-wasm' | 'use-webgpu' | 'restart' | 'track' | 'export' | 'save-again';

type Notice = Failure & {
  action: NoticeAction | null;
  /** Where a model runs that could not run as it should. */
  instead?: ModelStatus['provider'];
};

export type NoticesState = Readonly<Partial<Record<NoticePlace, Notice>>>;

export const noNotices: NoticesState = {};

/** What helps against a failure at a place. */
export function actionFor(place: NoticePlace, code: ErrorCode): NoticeAction | null {
  if (place === 'model' && (code === 'webgpu-unavailable' || code === 'device-lost')) return 'use-wasm';
  return isActionless(place) ? null : usualActions[place];
}

type Actionless = 'frame' | 'page' | 'import' | 'saving';

function isActionless(place: NoticePlace): place is Actionless {
  return place === 'frame' || place === 'page' || place === 'import' || place === 'saving';
}

const usualActions: Record<Exclude<NoticePlace, Actionless>, NoticeAction> = {
  threads: 'restart',
  open: 'choose-file',
  model: 'retry-model',
  tracking: 'track',
  export: 'export',
};
