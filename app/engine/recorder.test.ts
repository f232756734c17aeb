import { afterEach, expect, it } from 'vitest';
import { MaskletError } from '../../workers/protocol/errors';
import { FrameMark, markOf } from '../state/masklets';
import { deferred } from './deferred';
import { fakeEngine, settle } from './fake-threads';
import type { RecordingSource } from '../state/recording';
import { Recorder } from './recorder';
import { recordingName, type DiskFile, type RecordingDevices } from './recording-devices';

const frameUs = 40_000;

/** A camera, a screen and a disk that do as they are told. */
function fakeDevices() {
  const tracks: FakeTrack[] = [];
  const asked: string[] = [];
  const files: { isThere: boolean; isSaved: boolean; isHeld: boolean }[] = [];
  const answer: { refuse: string | null; wait: Promise<void> | null; full: boolean; bytes: string } = {
    refuse: null,
    wait: null,
    full: false,
    bytes: 'video',
  };
  /** Frames that a test made, and that somebody has to close. */
  const open = { frames: 0 };

  class FakeTrack extends EventTarget {
    isLive = true;
    muted = false;
    stats = { totalFrames: 13, discardedFrames: 3 };
    readonly #frames = deferred<ReadableStreamDefaultController<VideoFrame>>();

    readonly readable = new ReadableStream<VideoFrame>({
      start: (controller) => this.#frames.resolve(controller),
    });

    stop() {
      this.isLive = false;
    }

    getSettings() {
      return { width: 640, height: 480, frameRate: 30 };
    }

    /** Delivers frames, each when the one before is where it goes. */
    async send(count = 1) {
      for (let n = 0; n < count; n++) await this.burst(1);
    }

    /** Delivers frames at once. */
    async burst(count: number) {
      const controller = await this.#frames.promise;
      for (let n = 0; n < count; n++) controller.enqueue(makeFrame());
      this.stats.totalFrames += count;
      await settle();
    }

    async end() {
      (await this.#frames.promise).close();
      await settle();
    }
  }

  /** As can be moved between threads in Node. */
  function makeFrame(): VideoFrame {
    const { port1, port2 } = new MessageChannel();
    open.frames++;
    let isOpen = true;
    port2.addEventListener('close', () => {
      if (isOpen) open.frames--;
      isOpen = false;
    });
    const clone = () => {
      open.frames++;
      return { displayWidth: 640, displayHeight: 480, close: () => open.frames-- };
    };
    return Object.assign(port1, { clone }) as unknown as VideoFrame;
  }

  function diskFile(source: RecordingSource, isHeld: boolean): DiskFile {
    const file = { isThere: true, isSaved: false, isHeld };
    const name = `${source}-${files.push(file)}`;
    const onDisk = new File([answer.bytes], name, { lastModified: Date.UTC(2026, 10, files.length) });
    // What crosses to the worker is cloned, so the handle has no methods there; here it has one.
    const handle = Object.defineProperty({}, 'getFile', { value: async () => onDisk });
    return {
      name,
      source,
      handle: handle as FileSystemFileHandle,
      hold: async () => void (file.isHeld = true),
      markSaved: async () => void (file.isSaved = true),
      remove: async () => void (file.isThere = false),
    };
  }

  const ask = (source: string) => async () => {
    asked.push(source);
    await answer.wait;
    if (answer.refuse !== null) throw new DOMException('', answer.refuse);
    const track = new FakeTrack();
    tracks.push(track);
    return { getTracks: () => [track], getVideoTracks: () => [track] } as unknown as MediaStream;
  };
  const devices: RecordingDevices = {
    isSecure: true,
    mediaDevices: { getUserMedia: ask('camera'), getDisplayMedia: ask('screen') },
    framesOf: (track) => (track as unknown as FakeTrack).readable,
    async createFile(source) {
      if (answer.full) throw new DOMException('', 'QuotaExceededError');
      return diskFile(source, true);
    },
    findLeftovers: async () => [diskFile('camera', false), diskFile('screen', false)],
  };
  return { devices, tracks, files, asked, answer, open };
}

let running: ReturnType<typeof fakeEngine> | null = null;

type Changes = { [K in keyof RecordingDevices]?: RecordingDevices[K] | undefined };

async function recording(changes: Changes = {}) {
  const fake = fakeEngine();
  running = fake;
  const { engine, store } = fake;
  const fakes = fakeDevices();
  const devices = { ...fakes.devices, ...changes } as RecordingDevices;
  const recorder = new Recorder(engine.context, engine.model, engine.video, engine.player, engine.tracking, devices);
  await engine.model.load();
  const tracked = () => fake.calls.filter((call) => call.startsWith('track ')).map((call) => call.slice(6));
  return { ...fake, ...fakes, recorder, tracked, now: () => store.getState().recording };
}

const middle = { xNorm: 0.5, yNorm: 0.5 };

afterEach(async () => {
  await settle();
  running?.engine.context.threads.stop();
  running = null;
});

it('records a camera, counts what came and what was dropped, and opens the file', async () => {
  const { recorder, gates, tracks, now, store, calls, open, engine } = await recording();
  const started = recorder.start('camera');
  expect(now()).toMatchObject({ phase: 'asking', source: 'camera', failure: null });
  await started;
  expect(now().phase).toBe('recording');
  const [track] = tracks;
  await track!.send(3);
  expect(recorder.figures()).toMatchObject({ recordedFrames: 3, droppedFrames: 0, passedFrames: 0 });
  expect(recorder.shown).toMatchObject({ frameIndex: 2, timestampUs: 2 * frameUs });
  // One at a time.
  await recorder.start('screen');
  expect(tracks).toHaveLength(1);

  // The media worker is busy: no more than four frames wait for it, however many come.
  gates.record.isOpen = false;
  await track!.burst(20);
  expect(gates.record.waiting).toBe(4);
  expect(recorder.figures()).toMatchObject({ recordedFrames: 3, droppedFrames: 16 });
  gates.record.open();
  await settle();
  // And what it refuses is counted too.
  running!.recorder.isBehind = true;
  await track!.send(2);
  running!.recorder.isBehind = false;
  expect(recorder.figures()).toMatchObject({ recordedFrames: 7, droppedFrames: 18 });
  await track!.send(3);

  recorder.stop();
  expect(now().phase).toBe('stopping');
  await settle();
  expect(now().phase).toBe('off');
  expect(track!.isLive).toBe(false);
  expect(calls.find((call) => call.startsWith('open '))).toMatch(/^open camera .*\.mp4$/);
  expect(calls).toContain('finishRecording 10');
  expect(store.getState().project.video).not.toBeNull();
  expect(recorder.opened).toMatchObject({ capturedFrames: 28 });
  expect(await recorder.opened!.file.text()).toBe('video');
  await expect.poll(() => open.frames).toBe(0);

  await engine.video.openFiles([{ path: 'other.mp4', file: new Blob(['x']) }]);
  expect(recorder.opened).toBeNull();
});

it('tracks the newest frame when the one before is done: one is on its way, none waits, and all are counted', async () => {
  const { recorder, gates, tracks, tracked, calls, clock } = await recording();
  await recorder.start('camera');
  const [track] = tracks;
  await track!.send(4);
  expect(tracked()).toEqual([]);
  // A click is for the frame that is shown.
  expect(await recorder.point(middle, 1)).toBe(true);
  expect(calls).toContain('prompt 1:3 1');
  await settle();
  gates.track.isOpen = false;
  // The prompted frame is tracked first: it costs nothing, and commits the prompt.
  expect(tracked()).toEqual(['1 3-3']);
  for (let n = 0; n < 30; n++) {
    await track!.send(1);
    expect(gates.track.waiting).toBeLessThanOrEqual(1);
  }
  expect(tracked()).toEqual(['1 3-3', '1 4-4']);
  await clock.advance(500);
  gates.track.letThrough();
  await settle();
  // 5 to 32 were passed over.
  expect(tracked()).toEqual(['1 3-3', '1 4-4', '1 33-33']);
  await track!.send(5);
  await clock.advance(500);
  gates.track.letThrough();
  await settle();
  expect(tracked().at(-1)).toBe('1 38-38');
  await clock.advance(500);
  gates.track.open();
  await settle();
  expect(recorder.figures()).toMatchObject({ recordedFrames: 39, passedFrames: 36, trackedFrames: 4 });
  expect(recorder.figures().framesPerSecond).toBeCloseTo(3 / 1.5);
  expect(recorder.live!.masks.map(({ frameIndex }) => frameIndex)).toEqual([38]);
  recorder.discard();
  await settle();
  expect(calls).toContain('closeLive');
});

it('a click goes before the next frame, on the frame it was made on, where what is followed is tracked first', async () => {
  const { recorder, gates, tracks, tracked, calls } = await recording();
  await recorder.start('camera');
  const [track] = tracks;
  await track!.send(1);
  expect(await recorder.point(middle, 0)).toBe(false);
  await recorder.point(middle, 1);
  await settle();
  gates.track.isOpen = false;
  await track!.send(3);
  const clicked = recorder.point({ xNorm: 0.2, yNorm: 0.5 }, 0);
  await track!.send(6);
  expect(tracked()).toEqual(['1 0-0', '1 1-1']);
  gates.track.letThrough();
  await settle();
  expect(tracked().at(-1)).toBe('1 3-3');
  expect(calls).not.toContain('prompt 1:3 1');
  gates.track.letThrough();
  await settle();
  expect(calls.indexOf('prompt 1:3 1')).toBeLessThan(calls.lastIndexOf('track 1 9-9'));
  expect(tracked().at(-1)).toBe('1 9-9');
  gates.track.open();
  await clicked;
  await settle();
  // Another object, and both are followed.
  recorder.live!.selectNew();
  await recorder.point(middle, 1);
  await track!.send(1);
  expect(tracked().at(-1)).toBe('1,2 10-10');
});

it('what was followed is in the opened project at its frames, as one step that can be taken back', async () => {
  const { recorder, gates, tracks, store, calls, engine } = await recording();
  await recorder.start('camera');
  const [track] = tracks;
  await track!.send(2);
  await recorder.point(middle, 1);
  await settle();
  gates.track.isOpen = false;
  await track!.send(4);
  gates.track.open();
  await settle();
  await track!.send(4);
  await settle();
  recorder.stop();
  await settle();
  expect(calls.slice(calls.findIndex((call) => call.startsWith('open camera')))).toContain('keepLive');
  const { objects, prompts, masklets, history, view, live } = store.getState();
  expect(objects.list.map(({ name }) => name)).toEqual(['Object 1']);
  expect(view.selectedObject).toBe(1);
  expect(Object.keys(prompts.byObject[1]!)).toEqual(['1']);
  const marks = Array.from({ length: 10 }, (_, n) => markOf(masklets.byObject[1], n));
  const { none, mask, absent } = FrameMark;
  expect(marks).toEqual([none, mask, mask, none, none, mask, mask, mask, mask, absent]);
  expect(masklets.byObject[1]).toMatchObject({ trackedFrames: 6, staleFrames: 0 });
  expect(history).toMatchObject({ steps: [{ action: 'live' }], position: 1 });
  expect(live.objects.list).toEqual([]);

  await engine.history.undo();
  expect(store.getState().objects.list).toEqual([]);
  expect(store.getState().masklets.byObject).toEqual({});
  expect(calls).toContain('restore 1');
  await engine.history.redo();
  expect(store.getState().objects).toEqual(objects);
  expect(store.getState().masklets.byObject[1]!.trackedFrames).toBe(6);
  // The rest is filled in by an ordinary run.
  await engine.tracking.trackUnfinished('forward');
  expect(store.getState().masklets.byObject[1]).toMatchObject({ markedFrames: 9, staleFrames: 0 });
});

it('takes clicks and removals back while it is live', async () => {
  const { recorder, tracks, store, calls } = await recording();
  await recorder.start('camera');
  await tracks[0]!.send(1);
  const live = recorder.live!;
  const now = () => store.getState().live;
  await recorder.point(middle, 1);
  await recorder.point({ xNorm: 0.1, yNorm: 0.1 }, 0);
  expect(now().prompts.byObject[1]![0]!.points).toHaveLength(2);
  await live.undo();
  expect(calls.filter((call) => call.startsWith('prompt'))).toEqual(['prompt 1:0 1', 'prompt 1:0 2', 'prompt 1:0 1']);
  await live.remove(1);
  expect(now().objects.list).toEqual([]);
  expect(live.masks).toEqual([]);
  await live.undo();
  expect(now().objects.list.map(({ id }) => id)).toEqual([1]);
  expect(calls.slice(-4)).toEqual(expect.arrayContaining(['add 1', 'prompt 1:0 1']));
  await live.undo();
  expect(now()).toMatchObject({ objects: { list: [] }, selectedObject: null, canUndo: false });
  // With nothing left, the recording opens as any other.
  recorder.stop();
  await settle();
  expect(calls).toContain('closeLive');
  expect(calls).not.toContain('keepLive');
  expect(store.getState().history.steps).toEqual([]);
});

it('goes on recording when tracking fails, says so, and a click tries again', async () => {
  const { recorder, tracks, store, fail, tracked, now } = await recording();
  await recorder.start('camera');
  await tracks[0]!.send(1);
  await recorder.point(middle, 1);
  await settle();
  fail.track = new MaskletError('out-of-memory', 'There is not enough memory for this.');
  await tracks[0]!.send(1);
  expect(store.getState().live.failure).toMatchObject({ code: 'out-of-memory' });
  const before = tracked().length;
  await tracks[0]!.send(5);
  expect(tracked()).toHaveLength(before);
  expect(recorder.figures().recordedFrames).toBe(7);
  expect(now().phase).toBe('recording');
  await recorder.point(middle, 1);
  await tracks[0]!.send(1);
  expect(store.getState().live.failure).toBeNull();
  expect(tracked().length).toBeGreaterThan(before);
  // A click that failed is not there.
  fail.prompt = new MaskletError('internal', 'x');
  recorder.live!.selectNew();
  await recorder.point(middle, 1);
  expect(store.getState().live).toMatchObject({ objects: { list: [{ id: 1 }] }, pending: 0 });
});

it('does not put masks on a video whose frames are not those that were followed', async () => {
  const { recorder, tracks, store, now, calls } = await recording();
  await recorder.start('camera');
  await tracks[0]!.send(1);
  await recorder.point(middle, 1);
  // The file that is opened here has ten frames.
  await tracks[0]!.send(3);
  recorder.stop();
  await settle();
  expect(now()).toMatchObject({ phase: 'failed', failure: 'not-opened' });
  expect(calls).not.toContain('keepLive');
  expect(store.getState().project.video).toBeNull();
});

it('follows on with the processor when the graphics device is lost', async () => {
  const { recorder, tracks, store, fail, calls, tracked } = await recording();
  await recorder.start('camera');
  await tracks[0]!.send(1);
  await recorder.point(middle, 1);
  await settle();
  fail.track = new MaskletError('device-lost', 'x');
  await tracks[0]!.send(1);
  await settle();
  expect(calls).toContain('load wasm');
  expect(store.getState().live.failure).toBeNull();
  expect(tracked()).toEqual(['1 0-0', '1 1-1', '1 1-1']);
  // As many frames as the file has that is opened here.
  await tracks[0]!.send(8);
  recorder.stop();
  await settle();
  expect(store.getState().masklets.byObject[1]!.trackedFrames).toBe(9);
  // The state before all of it went with the model that it was remembered of.
  expect(store.getState().history.steps).toEqual([]);
});

it('keeps what there is when the source ends by itself, the disk is full or the file can not be opened', async () => {
  const { recorder, tracks, now, calls, fail, answer, files } = await recording();
  await recorder.start('screen');
  await tracks[0]!.send(3);
  await tracks[0]!.end();
  expect(now().phase).toBe('off');
  expect(calls.filter((call) => call.startsWith('open screen'))).toHaveLength(1);

  await recorder.start('screen');
  await tracks[1]!.send(3);
  fail.record = new MaskletError('storage-full', 'x');
  await tracks[1]!.send(1);
  await settle();
  expect(now()).toMatchObject({ phase: 'failed', failure: 'ran-out' });
  expect(calls.filter((call) => call.startsWith('open screen'))).toHaveLength(2);
  expect(tracks[1]!.isLive).toBe(false);

  await recorder.start('screen');
  await tracks[2]!.send(3);
  fail.open = new MaskletError('internal', 'x');
  recorder.stop();
  await settle();
  expect(now()).toMatchObject({ phase: 'failed', failure: 'not-opened' });
  expect(files.every(({ isThere }) => isThere)).toBe(true);

  await recorder.start('screen');
  recorder.stop();
  await settle();
  expect(now()).toMatchObject({ phase: 'failed', failure: 'empty' });
  answer.full = true;
  await recorder.start('screen');
  expect(now()).toMatchObject({ phase: 'failed', failure: 'no-room' });
  expect(tracks.every(({ isLive }) => !isLive)).toBe(true);
});

it('gives the source back and deletes the file whenever it is discarded, even before it came', async () => {
  const { recorder, tracks, now, calls, answer, files, open } = await recording();
  await recorder.start('camera');
  await tracks[0]!.send(2);
  recorder.discard();
  await settle();
  expect(now().phase).toBe('off');
  expect(tracks[0]!.isLive).toBe(false);
  expect(files).toMatchObject([{ isThere: false }]);
  await expect.poll(() => open.frames).toBe(0);

  let allow = () => {};
  answer.wait = new Promise((resolve) => (allow = resolve));
  const late = recorder.start('camera');
  recorder.discard();
  allow();
  await late;
  expect(now().phase).toBe('off');
  expect(tracks[1]!.isLive).toBe(false);
  expect(calls.filter((call) => call.startsWith('open '))).toEqual([]);
  expect(calls.filter((call) => call === 'startRecording')).toHaveLength(1);
});

it('knows why there is no recording, and can be asked again', async () => {
  const { recorder, now, answer, tracks, engine } = await recording();
  const causes = {
    NotAllowedError: 'denied',
    NotFoundError: 'no-device',
    NotReadableError: 'busy',
    TypeError: 'unsupported',
  };
  for (const [name, failure] of Object.entries(causes)) {
    answer.refuse = name;
    await recorder.start('camera');
    expect(now()).toMatchObject({ phase: 'failed', failure });
  }
  answer.refuse = null;
  await recorder.start('camera');
  expect(now().phase).toBe('recording');
  tracks[0]!.muted = true;
  tracks[0]!.dispatchEvent(new Event('mute'));
  expect(now().isMuted).toBe(true);
  recorder.discard();
  await settle();
  engine.context.threads.stop();

  const without = await recording({ framesOf: undefined });
  await without.recorder.start('screen');
  expect(without.now().failure).toBe('unsupported');
  expect(without.asked).toEqual([]);
  without.engine.context.threads.stop();

  const insecure = await recording({ isSecure: false, mediaDevices: undefined });
  expect(insecure.recorder.hasScreen()).toBe(false);
  await insecure.recorder.start('camera');
  expect(insecure.now().failure).toBe('insecure');
});

it('offers what earlier pages left behind, to be opened or deleted', async () => {
  const { recorder, store, files, calls } = await recording();
  await recorder.leftovers.find();
  const left = () => store.getState().leftovers.list.map(({ name }) => name);
  // The newest first.
  expect(left()).toEqual(['screen-2', 'camera-1']);
  await recorder.leftovers.remove('screen-2');
  expect(left()).toEqual(['camera-1']);
  expect(files[1]).toMatchObject({ isThere: false });
  await recorder.openLeftover('camera-1');
  expect(left()).toEqual([]);
  expect(calls.find((call) => call.startsWith('open '))).toMatch(/^open camera 2026-1.*\.mp4$/);
  expect(files[0]).toEqual({ isThere: true, isSaved: false, isHeld: true });
  expect(recorder.opened).toMatchObject({ capturedFrames: null });
});

it('names recordings by their day and time', () => {
  const date = new Date(2026, 10, 21, 14, 3);
  expect(recordingName('camera', date)).toBe('camera 2026-11-21 14.03.mp4');
  expect(recordingName('screen', date)).toBe('screen 2026-11-21 14.03.mp4');
});
