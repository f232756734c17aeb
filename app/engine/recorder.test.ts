import { afterEach, expect, it } from 'vitest';
import { fakeEngine, settle } from './fake-threads';
import { Recorder, recordingName, type RecordingDevices } from './recorder';

/** A camera, a screen and an encoder that do as they are told. */
function fakeDevices() {
  const tracks: FakeTrack[] = [];
  const recorders: FakeMediaRecorder[] = [];
  const asked: string[] = [];
  const answer: { refuse: string | null; wait: Promise<void> | null } = { refuse: null, wait: null };

  class FakeTrack {
    isLive = true;
    stats = { deliveredFrames: 10, discardedFrames: 1 };

    stop() {
      this.isLive = false;
    }

    getSettings() {
      return { width: 640, height: 480, frameRate: 30 };
    }
  }

  class FakeMediaRecorder extends EventTarget {
    state: 'inactive' | 'recording' = 'inactive';
    readonly mimeType: string;
    readonly options: MediaRecorderOptions;

    constructor(_stream: MediaStream, options: MediaRecorderOptions) {
      super();
      this.options = options;
      this.mimeType = options.mimeType ?? '';
      recorders.push(this);
    }

    static isTypeSupported(type: string) {
      return type.endsWith('vp8') || type.endsWith('avc1');
    }

    start() {
      this.state = 'recording';
    }

    chunk(text: string) {
      this.dispatchEvent(Object.assign(new Event('dataavailable'), { data: new Blob([text]) }));
    }

    stop() {
      this.state = 'inactive';
      queueMicrotask(() => this.dispatchEvent(new Event('stop')));
    }
  }

  const open = (source: string) => async () => {
    asked.push(source);
    await answer.wait;
    if (answer.refuse !== null) throw new DOMException('', answer.refuse);
    const track = new FakeTrack();
    tracks.push(track);
    return { getTracks: () => [track], getVideoTracks: () => [track] } as unknown as MediaStream;
  };
  const devices: RecordingDevices = {
    isSecure: true,
    mediaDevices: { getUserMedia: open('camera'), getDisplayMedia: open('screen') },
    MediaRecorder: FakeMediaRecorder as unknown as typeof MediaRecorder,
  };
  return { devices, tracks, recorders, asked, answer };
}

let running: ReturnType<typeof fakeEngine> | null = null;

function recording(changes: Partial<RecordingDevices> = {}) {
  const fake = fakeEngine();
  running = fake;
  const { engine, store } = fake;
  const fakes = fakeDevices();
  const recorder = new Recorder(engine.context, engine.video, engine.player, { ...fakes.devices, ...changes });
  return { ...fake, ...fakes, recorder, now: () => store.getState().recording };
}

afterEach(async () => {
  await settle();
  running?.engine.context.threads.stop();
  running = null;
});

it('records a camera, counts what came, and opens the file', async () => {
  const { recorder, recorders, tracks, now, store, calls } = recording();
  const started = recorder.start('camera');
  expect(now()).toEqual({ phase: 'asking', source: 'camera', failure: null });
  await started;
  expect(now().phase).toBe('recording');
  expect(recorder.stream).not.toBeNull();
  expect(recorders[0]!.options.mimeType).toBe('video/mp4;codecs=avc1');
  tracks[0]!.stats = { deliveredFrames: 70, discardedFrames: 3 };
  expect(recorder.figures()).toMatchObject({ capturedFrames: 60, discardedFrames: 2 });
  // One at a time.
  await recorder.start('screen');
  expect(recorders).toHaveLength(1);

  recorders[0]!.chunk('abc');
  recorders[0]!.chunk('');
  recorder.stop();
  expect(now().phase).toBe('stopping');
  recorders[0]!.chunk('def');
  await settle();
  expect(now().phase).toBe('off');
  expect(tracks[0]!.isLive).toBe(false);
  expect(calls.find((call) => call.startsWith('open '))).toMatch(/^open camera .*\.mp4$/);
  expect(store.getState().project.video).not.toBeNull();
  expect(recorder.opened).toMatchObject({ capturedFrames: 60 });
  expect(await recorder.opened!.file.text()).toBe('abcdef');

  await running!.engine.video.openFiles([{ path: 'other.mp4', file: new Blob(['x']) }]);
  expect(recorder.opened).toBeNull();
});

it('keeps what there is when the source ends by itself or the encoder fails, and says so', async () => {
  const { recorder, recorders, now, calls } = recording();
  await recorder.start('screen');
  expect(recorders[0]!.options.mimeType).toBe('video/webm;codecs=vp8');
  recorders[0]!.chunk('abc');
  recorders[0]!.stop();
  await settle();
  expect(now().phase).toBe('off');
  expect(calls.filter((call) => call.startsWith('open screen'))).toHaveLength(1);

  await recorder.start('screen');
  recorders[1]!.dispatchEvent(new Event('error'));
  recorders[1]!.chunk('abc');
  recorders[1]!.stop();
  await settle();
  expect(now()).toMatchObject({ phase: 'failed', failure: 'broke-off' });
  expect(calls.filter((call) => call.startsWith('open screen'))).toHaveLength(2);

  await recorder.start('screen');
  recorder.stop();
  await settle();
  expect(now()).toMatchObject({ phase: 'failed', failure: 'empty' });
});

it('gives the source back whenever it is discarded, even before it came', async () => {
  const { recorder, recorders, tracks, now, calls, answer } = recording();
  await recorder.start('camera');
  recorders[0]!.chunk('abc');
  recorder.discard();
  await settle();
  expect(now().phase).toBe('off');
  expect(tracks[0]!.isLive).toBe(false);

  let allow = () => {};
  answer.wait = new Promise((resolve) => (allow = resolve));
  const late = recorder.start('camera');
  recorder.discard();
  allow();
  await late;
  expect(now().phase).toBe('off');
  expect(tracks[1]!.isLive).toBe(false);
  expect(recorders).toHaveLength(1);
  expect(calls.filter((call) => call.startsWith('open '))).toEqual([]);
});

it('knows why there is no recording, and can be asked again', async () => {
  const { recorder, now, answer } = recording();
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
  recorder.discard();
  running!.engine.context.threads.stop();

  const without = recording({ MediaRecorder: undefined });
  await without.recorder.start('screen');
  expect(without.now().failure).toBe('unsupported');
  expect(without.asked).toEqual([]);
  without.engine.context.threads.stop();

  const insecure = recording({ isSecure: false, mediaDevices: undefined });
  expect(insecure.recorder.hasScreen()).toBe(false);
  await insecure.recorder.start('camera');
  expect(insecure.now().failure).toBe('insecure');
});

it('names recordings by their day and time', () => {
  const date = new Date(2026, 10, 21, 14, 3);
  expect(recordingName('camera', 'video/mp4;codecs=avc1', date)).toBe('camera 2026-11-21 14.03.mp4');
  expect(recordingName('screen', 'video/webm;codecs=vp9', date)).toBe('screen 2026-11-21 14.03.webm');
  expect(recordingName('screen', 'video/x-matroska;codecs=avc1', date)).toBe('screen 2026-11-21 14.03.mkv');
});
