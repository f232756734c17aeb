/** What every command needs: the state, the threads in force, and the guards they share. */
import { failureOf, MaskletError, type ErrorCode, type Failure } from '../../workers/protocol/errors';
import type { ObjectId } from '../../workers/protocol/prompt';
import type { ModelStatus } from '../../workers/protocol/segment-contract';
import type { VideoInfo } from '../../workers/protocol/video';
import { actionFor, type NoticeAction, type NoticePlace } from '../state/notices';
import { findObject } from '../state/objects';
import type { AppStore } from '../state/store';
import type { Threads } from './threads';

export type Clock = {
  nowMs(): number;
  /** Calls back before the next repaint. */
  nextTick(callback: () => void): void;
  /** Resolves when the page has nothing better to do. */
  idle(): Promise<void>;
  wait(ms: number): Promise<void>;
};

export class EngineContext {
  readonly store: AppStore;
  readonly clock: Clock;
  threads: Threads;
  /** Resolves when the segment worker knows the open video and its objects. */
  joined: Promise<void> = Promise.resolve();
  /** Grows with every video and every restart: an answer from before is nobody's any more. */
  generation = 0;

  constructor(store: AppStore, threads: Threads, clock: Clock) {
    this.store = store;
    this.threads = threads;
    this.clock = clock;
  }

  /** @throws `no-video` */
  video(): VideoInfo {
    const { video } = this.store.getState().project;
    if (!video) throw new MaskletError('no-video', 'Open a video first.');
    return video;
  }

  /** @throws `unknown-object` */
  checkObject(object: ObjectId): void {
    if (!findObject(this.store.getState().objects, object)) {
      throw new MaskletError('unknown-object', `There is no object ${object}.`);
    }
  }

  /** @throws `no-video`, `frame-out-of-range` */
  checkFrame(frameIndex: number): void {
    const { frameCount } = this.video();
    if (!Number.isInteger(frameIndex) || frameIndex < 0 || frameIndex >= frameCount) {
      throw new MaskletError('frame-out-of-range', `Frame ${frameIndex} is not one of 0 to ${frameCount - 1}.`);
    }
  }

  /** @throws `cancelled` when the video was replaced since `generation` was read */
  checkGeneration(generation: number): void {
    if (generation !== this.generation) throw new MaskletError('cancelled', 'Another video was opened.');
  }

  /** Shows a failure where it happened; what was cancelled is none. */
  report(place: NoticePlace, thrown: unknown, action?: NoticeAction | null): void {
    const failure = failureOf(thrown);
    const { code } = failure;
    if (code === 'cancelled') return;
    const at = placeOf(code, place);
    const notice = { ...failure, action: action === undefined ? actionFor(at, code) : action };
    this.store.setState(({ notices }) => ({ notices: { ...notices, [at]: notice } }));
  }

  /** Says why a model does not run as it should, and where it runs instead. */
  reportInstead(failure: Failure, instead: ModelStatus['provider']): void {
    const model = { ...failure, action: null, instead };
    this.store.setState(({ notices }) => ({ notices: { ...notices, model } }));
  }

  dismiss(place: NoticePlace): void {
    this.store.setState(({ notices }) => {
      const { [place]: _dismissed, ...rest } = notices;
      return { notices: rest };
    });
  }
}

/** Some failures have a place of their own, and are said there once for all calls that failed with them. */
function placeOf(code: ErrorCode, place: NoticePlace): NoticePlace {
  if (code === 'worker-failed' && place !== 'export') return 'threads';
  return code === 'no-model' || code.startsWith('model-') ? 'model' : place;
}
