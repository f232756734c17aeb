/**
 * What a person feels: long tasks of the page's thread, the time from an interaction to the next paint, frames a second
 * while scrubbing. Written as a table and to bench-results/page.json; ratios within one run hold, figures only for the machine.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { openLargeProject, withoutModel } from '../fixtures/large-project';
import { expect, test } from '../fixtures/masklet-page';
import { tasksDuring, type Tasks } from './trace';

const results: Record<string, number> = {};

function note(name: string, value: number): void {
  results[name] = value;
  console.log(`${name.padEnd(72)} ${value.toFixed(1)}`);
}

function noteTasks(what: string, { wallMs, cpuMs }: Tasks): void {
  const isLong = (ms: number) => ms > 50;
  note(`${what}: longest task, ms of the processor`, cpuMs[0] ?? 0);
  note(`${what}: longest task, ms`, wallMs[0] ?? 0);
  note(`${what}: tasks over 50 ms of the processor`, cpuMs.filter(isLong).length);
  note(`${what}: tasks over 50 ms`, wallMs.filter(isLong).length);
}

test.afterAll(() => {
  const folder = new URL('../../bench-results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('page.json', folder), `${JSON.stringify({ results }, null, 2)}\n`);
});

test('tracking sixteen objects with the model', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.modelReady();
  await page.evaluate(async () => {
    await window.masklet.open('samples/balloons.mp4');
    for (let n = 0; n < 16; n++) {
      const object = await window.masklet.addObject();
      const at = { x: 100 + (n % 8) * 150, y: 200 + Math.floor(n / 8) * 250 };
      await window.masklet.prompt({ object, frame: 0, points: [{ ...at, label: 1 }] });
    }
    await window.masklet.track({ to: 2 });
  });
  const tasks = await tasksDuring(page, async () => {
    await masklet.call('track', { from: 3, to: 14 });
    await page.waitForTimeout(1000);
  });
  noteTasks('tracking 16 objects', tasks);
});

test('a thousand frames of sixteen objects', async ({ masklet }) => {
  const { page } = masklet;
  await withoutModel(page);
  await masklet.open();
  const run = await tasksDuring(page, () => openLargeProject(page, 1000, 16));
  noteTasks('opening and tracking 1000 frames of 16 objects', run);
  await page.waitForTimeout(3000);
  await observeInteractions(page);
  const tasks = await tasksDuring(page, () => interact(page));
  noteTasks('interactions with 1000 frames of 16 objects', tasks);
  const durations = await page.evaluate(() => window.interactions.toSorted((a, b) => b - a));
  expect(durations.length).toBeGreaterThan(10);
  note('interaction to next paint, longest, ms', durations[0]!);
  note('interaction to next paint, median, ms', durations[Math.floor(durations.length / 2)]!);
});

test('scrubbing over cached frames at 1080p', async ({ masklet }) => {
  const { page } = masklet;
  await withoutModel(page);
  await masklet.open();
  for (const objects of [0, 16]) {
    await openLargeProject(page, 24, objects, { width: 1920, height: 1080 });
    const scrub = () =>
      page.evaluate(async () => {
        const reach = (await window.masklet.status()).frameCount;
        for (let n = 0; n < reach; n++) await window.masklet.seek(n);
        let shown = 0;
        const start = performance.now();
        while (performance.now() - start < 4000) {
          const at = shown % (2 * reach - 2);
          await window.masklet.seek(at < reach ? at : 2 * reach - 2 - at);
          shown++;
        }
        return { shown, framesPerSecond: (shown / (performance.now() - start)) * 1000 };
      });
    const what = `scrubbing at 1080p, ${objects} objects`;
    let frames = 0;
    const tasks = await tasksDuring(page, async () => {
      const { shown, framesPerSecond } = await scrub();
      note(`${what}: frames a second`, framesPerSecond);
      frames = shown;
    });
    noteTasks(what, tasks);
    const pageMs = tasks.cpuMs.reduce((sum, ms) => sum + ms, 0);
    note(`${what}: ms of the processor on the page's thread, a frame`, pageMs / frames);
  }
});

declare global {
  interface Window {
    interactions: number[];
  }
}

/** Of every interaction from here on, the time to the next paint (as INP counts it). */
async function observeInteractions(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.interactions = [];
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as PerformanceEventTiming[]) {
        if (entry.interactionId) window.interactions.push(entry.duration);
      }
    });
    // The typings lack the threshold.
    observer.observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit);
  });
}

/** What hands do all day: seek, select, hide, walk the stops, zoom, prompt, take back. */
async function interact(page: Page): Promise<void> {
  const pause = () => page.waitForTimeout(150);
  for (const key of [
    'End',
    'Home',
    'ArrowRight',
    'Shift+ArrowRight',
    'j',
    'j',
    'j',
    '2',
    '16',
    'h',
    'h',
    'q',
    'q',
    'q',
    'q',
  ]) {
    for (const one of key === '16' ? ['1', '6'] : [key]) await page.keyboard.press(one);
    await pause();
  }
  const timeline = (await page.getByRole('slider', { name: 'Playhead' }).boundingBox())!;
  for (const share of [0.2, 0.8, 0.5]) {
    await page.mouse.click(timeline.x + timeline.width * share, timeline.y + timeline.height / 2);
    await pause();
  }
  for (const name of [/^Object 3,/, /^Object 12,/]) {
    await page.getByRole('button', { name }).click();
    await pause();
  }
  await page.getByRole('button', { name: 'Hide Object 12' }).click();
  await pause();
  const stage = (await page.getByTestId('stage').boundingBox())!;
  await page.mouse.click(stage.x + stage.width / 2, stage.y + stage.height / 2);
  await pause();
  await page.keyboard.press('Control+z');
  await pause();
  await page.keyboard.press('Control+Shift+z');
  await pause();
  for (const name of ['Zoom the timeline in', 'Zoom the timeline out']) {
    await page.getByRole('button', { name }).click();
    await pause();
  }
  await page.keyboard.press('Control+k');
  await page.keyboard.type('loop', { delay: 120 });
  await page.keyboard.press('Escape');
  await pause();
}
