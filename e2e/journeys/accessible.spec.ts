/** Every state in both languages and themes, wide and on a phone: nothing for axe to find, and no word cut off. */
import { AxeBuilder } from '@axe-core/playwright';
import { de } from '../../app/messages/de';
import { en } from '../../app/messages/en';
import { expect, test, type MaskletPage } from '../fixtures/masklet-page';

const visits = [
  { locale: 'de', colorScheme: 'dark', viewport: { width: 1440, height: 900 }, hasTouch: false },
  { locale: 'de', colorScheme: 'light', viewport: { width: 390, height: 844 }, hasTouch: true },
  { locale: 'en', colorScheme: 'dark', viewport: { width: 390, height: 844 }, hasTouch: true },
] as const;

for (const visit of visits) {
  const { locale, colorScheme, viewport, hasTouch } = visit;
  const words = { de, en }[locale];

  test.describe(`${locale}, ${colorScheme}, ${viewport.width} px`, () => {
    test.use(visit);

    test('every state is accessible, and all of it is on the screen', async ({ masklet }) => {
      test.setTimeout(900_000);
      const { page } = masklet;
      await page.emulateMedia({ reducedMotion: 'reduce' });
      const look = (state: string) => expectFine(masklet, state);
      const press = async (name: string) => {
        await page.getByRole('button', { name, exact: true }).click();
        await expect(page.getByRole('dialog')).toBeVisible();
      };
      // A key comes too early for a dialog that has no focus yet.
      const close = () =>
        expect(async () => {
          await page.keyboard.press('Escape');
          await expect(page.getByRole('dialog')).toHaveCount(0, { timeout: 1000 });
        }).toPass();

      await masklet.open();
      await expect(page.getByRole('heading', { name: words.first.title })).toBeVisible();
      await masklet.modelReady();
      await look('first screen');
      await masklet.openBytes(Buffer.alloc(0), 'empty.mp4').catch(() => undefined);
      await expect(page.getByRole('alert')).toBeVisible();
      await look('a file that can not be opened');

      await masklet.openMedia('shapes.mp4');
      await look('an open video');
      const object = await masklet.call('addObject', 'Disc');
      await masklet.call('prompt', { object, frame: 0, points: [{ x: 100, y: 110, label: 1 }] });
      await look('prompts');
      const run = masklet.call('track');
      await expect(page.getByRole('progressbar')).toBeVisible();
      await look('a run');
      await run;
      await masklet.call('prompt', { object, frame: 3, points: [{ x: 5, y: 5, label: 0 }] });
      await look('stale');

      const { history, view, timeline, preferences, exporting, objects, bar, model, models } = words;
      const menus = [view.title, timeline.menu, timeline.playMenu, preferences.button, exporting.button];
      if (!hasTouch) menus.push(history.title, words.range.button, words.recording.button, objects.all);
      for (const menu of menus) {
        await press(menu);
        await look(menu);
        await close();
      }
      if (hasTouch) {
        await press(bar.objects);
        await look('objects');
      } else {
        await page.getByRole('button', { name: /^Disc, / }).focus();
      }
      await page.getByRole('button', { name: objects.menu('Disc') }).click();
      await expect(page.getByRole('dialog', { name: objects.menu('Disc') })).toBeVisible();
      await look('object menu');
      await close();

      await page.keyboard.press('Control+k');
      await expect(page.getByRole('option').first()).toBeVisible();
      await look('commands');
      await close();
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog')).toBeVisible();
      await look('keys');
      await close();
      await page.getByRole('button', { name: /^nano · / }).click();
      await expect(page.getByRole('dialog', { name: model.about })).toBeVisible();
      await look('model');
      await page.getByRole('button', { name: models.open }).click();
      await page.getByText(models.all, { exact: true }).click();
      await expect(page.getByText('SAM 2.1 large')).toBeVisible();
      await look('models');
    });
  });
}

async function expectFine({ page }: MaskletPage, state: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  // Softly: every state is looked at.
  expect.soft(found, `${state}: axe`).toEqual([]);
  expect.soft(await page.evaluate(wordsCutOff), `${state}: words cut off`).toEqual([]);
}

/** Words that reach beyond the screen, or beyond the sheet or menu they stand in. */
function wordsCutOff(): string[] {
  const found: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const holder = node.parentElement!;
    if (!node.textContent?.trim() || !holder.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const { left, right, width, height } = range.getBoundingClientRect();
    // What only screen readers have, and what ends in an ellipsis, as names of files do.
    const isClipped = (element: Element) => getComputedStyle(element).clipPath !== 'none';
    if (width < 2 || height < 2 || isClipped(holder) || getComputedStyle(holder).textOverflow === 'ellipsis') continue;
    const frame = holder.closest('[role="dialog"]')?.getBoundingClientRect() ?? { left: 0, right: window.innerWidth };
    if (left < frame.left - 1 || right > frame.right + 1) found.push(`${node.textContent} (${left} to ${right})`);
  }
  return found;
}
