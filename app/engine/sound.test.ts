import { expect, it } from 'vitest';
import { patch } from '../state/store';
import { EngineContext } from './context';
import { fakeEngine } from './fake-threads';
import { Sound } from './sound';

it('plays beside the frames, is set right when it drifts, and falls silent with them', async () => {
  const { engine, store } = fakeEngine();
  const { threads, clock } = engine.context;
  await engine.video.openFiles([{ path: 'clip.mp4', file: new Blob(['x']) }]);
  const calls: string[] = [];
  const audio = {
    preload: '',
    src: '',
    muted: false,
    paused: true,
    playbackRate: 1,
    currentTime: 0,
    async play() {
      this.paused = false;
      calls.push('play');
    },
    pause() {
      this.paused = true;
      calls.push('pause');
    },
    removeAttribute: () => calls.push('no source'),
  };
  const sound = new Sound(new EngineContext(store, threads, clock), () => audio as unknown as HTMLAudioElement);
  sound.open(new Blob(['x']));
  expect(audio.src).toMatch(/^blob:/);

  patch(store, 'playback', { frameIndex: 5, shownFrame: 5, speed: 2 });
  patch(store, 'playback', { isPlaying: true });
  // The clip has 25 frames a second.
  expect(audio).toMatchObject({ currentTime: 0.2, playbackRate: 2, paused: false });
  audio.currentTime = 0.3;
  patch(store, 'playback', { shownFrame: 6 });
  expect(audio.currentTime).toBe(0.3);
  audio.currentTime = 0.9;
  patch(store, 'playback', { shownFrame: 7 });
  expect(audio.currentTime).toBe(0.28);
  patch(store, 'playback', { isMuted: true });
  expect(audio.muted).toBe(true);
  patch(store, 'playback', { isPlaying: false });
  expect(audio.paused).toBe(true);

  sound.open(null);
  calls.length = 0;
  patch(store, 'playback', { isPlaying: true });
  expect(calls).toEqual([]);
  engine.context.threads.stop();
});
