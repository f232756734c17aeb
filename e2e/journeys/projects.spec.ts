/** What is done stays, through reloads, closed tabs and other videos, until a person deletes it. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { de } from '../../app/messages/de';
import { en } from '../../app/messages/en';
import { expect, MaskletPage, mediaFile, test } from '../fixtures/masklet-page';

const { projects, first } = en;
const file = (name: string, as = name) => ({ name: as, mimeType: 'video/mp4', buffer: mediaFile(name) });

async function choose(page: Page, button: string, given: ReturnType<typeof file>): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: button, exact: true }).click(),
  ]);
  await chooser.setFiles(given);
}

/** Run lengths of an object's masks on some frames, as they are. */
async function masks(masklet: MaskletPage, object: number, frames: readonly number[]): Promise<string[]> {
  const found: string[] = [];
  for (const frame of frames) {
    const mask = await masklet.call('mask', object, frame);
    found.push(mask ? Object.values(mask.counts).join() : '');
  }
  return found;
}

/** All that was done has reached the disk: leaving the page would ask otherwise. */
async function settled({ page }: MaskletPage): Promise<void> {
  await expect(page.getByText(projects.saved)).toBeVisible();
  await expect
    .poll(() => page.evaluate(() => window.dispatchEvent(new Event('beforeunload', { cancelable: true }))))
    .toBe(true);
}

/** Another page in the same browser. */
async function another(masklet: MaskletPage): Promise<MaskletPage> {
  const next = new MaskletPage(await masklet.page.context().newPage());
  await next.open();
  return next;
}

test('a project outlives a reload: its masks are there to the pixel, and tracking goes on', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  await expect(page.getByRole('region', { name: projects.title })).toHaveCount(0);
  await choose(page, first.choose, file('shapes.mp4'));
  await masklet.modelReady();
  const disc = await masklet.call('addObject', 'Disc');
  await masklet.call('prompt', { object: disc, frame: 0, points: [{ x: 60, y: 120, label: 1 }] });
  await masklet.call('track', { to: 12 });
  await masklet.call('lock', disc, 6, true);
  await masklet.call('seek', 9);
  await settled(masklet);
  const frames = [0, 3, 6, 9, 12];
  const before = await masks(masklet, disc, frames);
  expect(before.every((mask) => mask !== '')).toBe(true);

  // Without a question.
  await page.reload();
  await page.waitForFunction(() => 'masklet' in window);
  const go = page.getByRole('button', { name: projects.go('shapes.mp4') });
  await expect(go.locator('img')).toBeVisible();
  for (const look of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: look });
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  }
  await go.click();

  // An input tells nothing of where a file is: it is asked for, and known again.
  await expect(page.getByText(projects.awaited('shapes.mp4', 1))).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await choose(page, projects.choose, file('av1.mp4'));
  await expect(page.getByRole('alert')).toContainText(projects.otherSize('av1.mp4', 'shapes.mp4'));
  await choose(page, projects.choose, file('shapes.mp4', 'renamed.mp4'));
  await expect(page.getByTestId('stage')).toBeVisible();
  await expect.poll(async () => (await masklet.call('status')).objects.length).toBe(1);
  await expect.poll(() => masklet.hasMask(disc, 9)).toBe(true);
  expect(await masks(masklet, disc, frames)).toEqual(before);
  expect(await masklet.call('status')).toMatchObject({ frame: 9, objects: [{ name: 'Disc' }] });

  // On from where it was, with the prompted and the locked frame as they were.
  await masklet.modelReady();
  await masklet.call('track', { to: 20 });
  const after = await masks(masklet, disc, [...frames, 16, 20]);
  expect([after[0], after[2]]).toEqual([before[0], before[2]]);
  expect(after.every((mask) => mask !== '')).toBe(true);
  await masklet.call('lock', disc, 6, false);
  await settled(masklet);
  await page.reload();
  await expect(page.getByRole('button', { name: projects.go('shapes.mp4') })).toBeVisible();
});

test('a tab that is closed in the middle of a run loses the last moments only; another tab opens a copy', async ({
  masklet,
}) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.openMedia('shapes.mp4');
  await masklet.modelReady();
  const disc = await masklet.call('addObject', 'Disc');
  await masklet.call('prompt', { object: disc, frame: 0, points: [{ x: 60, y: 120, label: 1 }] });
  await settled(masklet);
  const [prompted] = await masks(masklet, disc, [0]);

  // A second tab, while the first one goes on.
  const second = await another(masklet);
  await second.page.getByRole('button', { name: projects.go('shapes.mp4') }).click();
  await expect(second.page.getByText(projects.elsewhere('shapes.mp4'))).toBeVisible();
  await second.page.getByRole('button', { name: projects.openCopy }).click();
  await choose(second.page, projects.choose, file('shapes.mp4'));
  await expect.poll(() => second.hasMask(disc, 0)).toBe(true);
  expect(await masks(second, disc, [0])).toEqual([prompted]);
  await second.page.close();

  const run = masklet.call('track').catch(() => undefined);
  await expect.poll(() => masklet.hasMask(disc, 2)).toBe(true);
  await page.close();
  await run;
  const third = await another(masklet);
  await third.page
    .getByRole('button', { name: projects.open('shapes.mp4') })
    .first()
    .or(third.page.getByRole('button', { name: projects.go('shapes.mp4'), exact: true }))
    .first()
    .click();
  await choose(third.page, projects.choose, file('shapes.mp4'));
  await expect.poll(() => third.hasMask(disc, 0)).toBe(true);
  expect(await masks(third, disc, [0])).toEqual([prompted]);
});

test('projects are named, copied and deleted; the sample opens again by itself; all is small and in words', async ({
  masklet,
}) => {
  const { page } = masklet;
  await masklet.open();
  await page.getByRole('button', { name: first.sampleAction }).click();
  await masklet.modelReady();
  await masklet.call('addObject', 'Balloon');
  await masklet.call('prompt', { object: 1, frame: 0, points: [{ x: 320, y: 180, label: 1 }] });
  await settled(masklet);
  const before = await masks(masklet, 1, [0]);
  // Another video leaves it as it is, and asks nothing.
  await masklet.openMedia('shapes.mp4');
  await masklet.call('addObject', 'Disc');
  await masklet.call('prompt', { object: 1, frame: 0, points: [{ x: 60, y: 120, label: 1 }] });
  await settled(masklet);
  await page.reload();
  await page.getByRole('button', { name: projects.open('balloons.mp4') }).click();
  await expect.poll(() => masklet.hasMask(1, 0)).toBe(true);
  expect(await masks(masklet, 1, [0])).toEqual(before);
  await settled(masklet);
  await page.reload();

  const newest = page.getByRole('button', { name: projects.more('balloons.mp4') });
  await newest.click();
  await page.getByRole('button', { name: projects.rename }).click();
  await page.getByLabel(projects.name).fill('Party');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: projects.go('Party') })).toBeVisible();
  await page.getByRole('button', { name: projects.more('Party') }).click();
  await page.getByRole('button', { name: projects.duplicate }).click();
  const copy = projects.copyOf('Party');
  await expect(page.getByRole('button', { name: projects.go(copy) })).toBeVisible();
  await page.getByRole('button', { name: projects.more(copy) }).click();
  await page.getByRole('button', { name: projects.delete }).click();
  await page.getByRole('button', { name: projects.confirm, exact: true }).click();
  await expect(page.getByRole('button', { name: projects.go(copy) })).toHaveCount(0);

  await page.setViewportSize({ width: 390, height: 844 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  await page.getByRole('button', { name: projects.deleteAll }).click();
  await expect(page.getByText(projects.confirmDeleteAll)).toBeVisible();
  await page.getByRole('button', { name: projects.confirm, exact: true }).click();
  await expect(page.getByRole('region', { name: projects.title })).toHaveCount(0);
  expect(
    await page.evaluate(async () => {
      const names: string[] = [];
      for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
      return names.includes('projects');
    }),
  ).toBe(false);
  expect(Object.keys(de.projects)).toEqual(Object.keys(projects));
});
