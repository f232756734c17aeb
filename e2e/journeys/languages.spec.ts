/** Languages: the browser's, or the one chosen; and that no word is written anywhere but in the catalogues. */
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/masklet-page';

const german = { locale: 'de-CH' };

test('a browser whose languages are no tags is spoken to in English', async ({ masklet }) => {
  const { page } = masklet;
  for (const languages of [['C'], ['C.UTF-8', ''], ['en_US.UTF-8'], []]) {
    await page.addInitScript((list) => {
      Object.defineProperty(navigator, 'languages', { configurable: true, get: () => list });
      Object.defineProperty(navigator, 'language', { configurable: true, get: () => list[0] ?? '' });
    }, languages);
    await masklet.open();
    await expect(page.getByRole('heading', { name: 'Cut any object out of any video.' })).toBeVisible();
  }
});

test.describe('a browser that asks for German', () => {
  test.use(german);

  test('gets it, and English once that was chosen', async ({ masklet }) => {
    const { page } = masklet;
    const catalogues: string[] = [];
    page.on('request', (request) => {
      const name = /\/assets\/(de|en)-[^/]+\.js$/.exec(request.url())?.[1];
      if (name) catalogues.push(name);
    });
    await masklet.open();
    await expect(page.getByRole('heading', { name: 'Jedes Objekt aus jedem Video freistellen.' })).toBeVisible();
    await expect(page.locator('html')).toHaveAttribute('lang', 'de');
    await expect(page.locator('meta[name="description"]')).toHaveAttribute('content', /freistellen/);
    // The other language is no part of the first load.
    expect(catalogues).toEqual(['de']);
    // Failures of workers too.
    await masklet.openBytes(Buffer.alloc(0), 'leer.mp4').catch(() => undefined);
    await expect(page.getByRole('alert')).toContainText('Diese Datei ist leer. Eine andere wählen.');
    await masklet.openMedia('shapes.mp4');
    await masklet.modelReady();
    const object = await masklet.call('addObject');
    await masklet.call('prompt', { object, frame: 0, points: [{ x: 100, y: 110, label: 1 }] });
    await masklet.call('track', { to: 4 });
    await expect(page.getByRole('button', { name: 'Objekt 1, Masken in 5 von 40 Frames' })).toBeVisible();
    await page.getByRole('button', { name: 'Erster Frame' }).hover();
    await expect(page.getByRole('tooltip')).toContainText('Pos1');

    // By a menu; what is being done stays.
    await page.getByRole('button', { name: 'Aussehen und Sprache' }).click();
    await page.getByRole('radio', { name: 'English' }).click();
    await expect(page.locator('html')).toHaveAttribute('lang', 'en');
    await expect(page.getByRole('dialog', { name: 'Theme and language' })).toBeVisible();
    await expect(page.getByRole('radio', { name: 'English' })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('button', { name: 'Objekt 1, masks on 5 of 40 frames' })).toBeVisible();
    expect(await masklet.hasMask(object, 4)).toBe(true);

    await page.reload();
    await expect(page.getByRole('heading', { name: 'Cut any object out of any video.' })).toBeVisible();
    // By a command.
    await page.keyboard.press('Control+k');
    await page.getByRole('option', { name: 'Language: Deutsch' }).click();
    await expect(page.getByRole('heading', { name: 'Jedes Objekt aus jedem Video freistellen.' })).toBeVisible();
  });
});

/** Words in no language: each one of the catalogue stands between brackets, so that all others show. */
async function bracketWords(page: Page): Promise<void> {
  await page.route(/\/assets\/en-[^/]+\.js$/, async (route) => {
    const original = await route.fetch();
    const code = await original.text();
    // The build names its exports as it likes; the catalogue is the one.
    const [, exported] = /export\s*\{\s*([\w$]+) as [\w$]+\s*\};?\s*$/.exec(code) ?? [];
    if (!exported) throw new Error('The catalogue has another shape.');
    const bracketed = `
      const bracket = (value) =>
        typeof value === 'string' ? '⟦' + value + '⟧'
        : typeof value === 'function' ? (...args) => bracket(value(...args))
        : Array.isArray(value) ? value.map(bracket)
        : value === null ? null
        : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, bracket(inner)]));
      const bracketed = bracket(${exported});
    `;
    const body = code.replace(
      /export\s*\{\s*[\w$]+ as ([\w$]+)\s*\};?\s*$/,
      `${bracketed} export { bracketed as $1 };`,
    );
    await route.fulfill({ response: original, body });
  });
}

/** All that is written or said on the page and stands in no brackets. */
function wordsOutside(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = new Set<string>();
    // Names of files and models, formats, numbers and signs are the same in all languages.
    const isWord = (text: string) =>
      /\p{L}{2}/u.test(text) && !/^[\d\s.:,×·/%]*(px|ms|s|fps)?$/u.test(text) && !/⟦[^]*⟧/u.test(text);
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node: Node | null = walker.currentNode; node; node = walker.nextNode()) {
      if (node instanceof Text) {
        const holder = node.parentElement!;
        if (holder.closest('script, style, head')) continue;
        if (isWord(node.data)) found.add(node.data.trim());
      } else if (node instanceof Element) {
        for (const name of ['aria-label', 'aria-valuetext', 'aria-roledescription', 'title', 'alt', 'placeholder']) {
          const text = node.getAttribute(name);
          if (text && isWord(text)) found.add(`${name}: ${text}`);
        }
      }
    }
    return [...found];
  });
}

test('no word on the page stands outside the catalogue', async ({ masklet }) => {
  const { page } = masklet;
  await bracketWords(page);
  const outside = async (state: string, ...known: (string | RegExp)[]) => {
    const isKnown = (text: string) => known.some((one) => (typeof one === 'string' ? one === text : one.test(text)));
    const words = (await wordsOutside(page)).filter((text) => !isKnown(text) && !['Disc', 'shapes.mp4'].includes(text));
    expect.soft(words, state).toEqual([]);
  };
  await masklet.open();
  await expect(page.getByRole('heading', { name: '⟦Masklet⟧' })).toBeVisible();
  await outside('first screen');
  await masklet.openBytes(Buffer.from('no video'), 'letter.txt').catch(() => undefined);
  await outside('a file that can not be opened');

  await masklet.openMedia('shapes.mp4');
  await outside('an open video');
  await masklet.modelReady();
  const object = await masklet.call('addObject', 'Disc');
  await masklet.call('prompt', { object, frame: 0, points: [{ x: 100, y: 110, label: 1 }] });
  await masklet.call('prompt', { object, frame: 0, box: [60, 70, 140, 150] });
  await outside('prompts');
  const run = masklet.call('track');
  await expect(page.getByRole('progressbar')).toBeVisible();
  await outside('a run');
  await run;
  await masklet.call('prompt', { object, frame: 3, points: [{ x: 5, y: 5, label: 0 }] });
  await masklet.call('lock', object, 5);
  await masklet.call('seek', 5);
  await outside('stale frames and a lock');

  for (const menu of [
    /History/,
    /How masks are shown/,
    /⟦Zoom⟧/,
    /More ways to track/,
    /Speed, loop/,
    /Frames to work on/,
    /^⟦Record⟧/,
    /Theme and language/,
    /⟦Export⟧/,
  ]) {
    await page.getByRole('button', { name: menu }).click();
    await expect(page.getByRole('dialog')).toBeVisible();
    // Languages are called what they call themselves.
    await outside(String(menu), 'English', 'Deutsch');
    // A button's tooltip, where one is shown, takes the first Escape.
    await expect(async () => {
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toHaveCount(0, { timeout: 2000 });
    }).toPass();
  }
  await page.getByRole('button', { name: /⟦Disc, / }).hover();
  await page.getByRole('button', { name: /More about Disc/ }).click();
  await outside('object menu');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog')).toBeVisible();
  await outside('command palette');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toBeVisible();
  await outside('keys');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^nano · / }).click();
  await outside('model', 'Masklet nano', /^[\d.]+ [kMG]B$/);
  await page.getByRole('button', { name: /Other models/ }).click();
  await page.getByText(/All models/).click();
  await expect(page.getByText('SAM 2.1 tiny')).toBeVisible();
  await outside(
    'models',
    /^(aria-label: )?(SAM 2|EdgeTAM)/,
    'placeholder: https://',
    'Masklet nano',
    /^[\d.]+ [kMG]B$/,
  );
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 390, height: 844 });
  await outside('narrow');
});
