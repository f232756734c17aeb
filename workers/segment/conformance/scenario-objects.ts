/** The objects of a scenario, and what its actions mean to the tracker, whatever the networks are. */
import type { FramePrompts, ObjectId, PointLabel } from '../../protocol/prompt';
import type { MaskRle } from '../../protocol/mask';
import type { TrackRequest } from '../../protocol/segment-contract';
import type { Tracker } from '../tracker/tracker';

export type Box = [number, number, number, number];

export type PointsAction = {
  do: 'points';
  frame: number;
  obj: number;
  /** Pixels of the video. */
  points?: [number, number][];
  labels?: PointLabel[];
  box?: Box;
  /** Whether the frame's earlier points are given up; true where it is left out. */
  clear_old?: boolean;
};
export type PropagateAction = {
  do: 'propagate';
  start: number | null;
  max: number | null;
  reverse: boolean;
  stop_after?: number;
};
export type ForgettingAction =
  | { do: 'clear'; frame: number; obj: number }
  | { do: 'remove'; obj: number }
  | { do: 'reset' };

export class ScenarioObjects {
  readonly #tracker: Tracker;
  readonly #numFrames: number;
  readonly #videoSize: readonly [number, number];
  #ids: ObjectId[] = [];

  constructor(tracker: Tracker, scenario: { num_frames: number; video_size: [number, number] }) {
    this.#tracker = tracker;
    this.#numFrames = scenario.num_frames;
    this.#videoSize = scenario.video_size;
  }

  /** In order of creation. */
  get ids(): readonly ObjectId[] {
    return this.#ids;
  }

  /** Any action that names an object creates it, as in the reference; all but `remove`. */
  ensure(id: ObjectId): void {
    if (this.#ids.includes(id)) return;
    this.#tracker.addObject(id);
    this.#ids.push(id);
  }

  points({ obj, frame, points = [], labels = [], box, clear_old }: PointsAction): FramePrompts {
    const [width, height] = this.#videoSize;
    const stated = points.map(([x, y], n) => ({ xNorm: x / width, yNorm: y / height, label: labels[n]! }));
    const statedBox = box
      ? { x0Norm: box[0] / width, y0Norm: box[1] / height, x1Norm: box[2] / width, y1Norm: box[3] / height }
      : null;
    const before = clear_old === false ? this.#tracker.bank(obj).prompts.get(frame) : undefined;
    if (!before || before.mask) return { points: stated, box: statedBox, mask: null };
    return { points: [...before.points, ...stated], box: statedBox ?? before.box, mask: null };
  }

  mask(rle: MaskRle): FramePrompts {
    return { points: [], box: null, mask: rle };
  }

  /** @returns the objects that are gone */
  async forget(action: ForgettingAction): Promise<readonly ObjectId[]> {
    if (action.do === 'clear') {
      this.ensure(action.obj);
      await this.#tracker.prompt(action.obj, action.frame, { points: [], box: null, mask: null });
      return [];
    }
    const gone = action.do === 'reset' ? this.#ids : this.#ids.filter((id) => id === action.obj);
    for (const id of gone) await this.#tracker.removeObject(id);
    this.#ids = this.#ids.filter((id) => !gone.includes(id));
    return gone;
  }

  /** `max` frames beyond the first, inclusive; without `start`, from the first conditioning frame of any object. */
  request({ start, max, reverse }: PropagateAction): TrackRequest {
    const from = start ?? this.#firstConditioning();
    const reach = max ?? this.#numFrames;
    const to = from === null ? null : reverse ? Math.max(from - reach, 0) : Math.min(from + reach, this.#numFrames - 1);
    return {
      objects: [...this.#ids],
      direction: reverse ? 'backward' : 'forward',
      ...(from === null || to === null ? {} : { from, to }),
    };
  }

  /** Staged frames count: the reference commits them before it looks. */
  #firstConditioning(): number | null {
    const frames = this.#ids.flatMap((id) => {
      const { conditioning, stagedConditioning } = this.#tracker.bank(id);
      return [...conditioning.keys(), ...stagedConditioning.keys()];
    });
    return frames.length === 0 ? null : Math.min(...frames);
  }
}
