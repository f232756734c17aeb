/** Commands by name, and keys of one's own. */
import type { Locator } from '@playwright/test';
import { expect, test } from '../fixtures/masklet-page';

test('the palette finds and runs commands; keys can be changed, and are remembered', async ({ masklet }) => {
  const { page } = masklet;
  await masklet.open();
  await masklet.openMedia('shapes.mp4');
  await masklet.call('addObject', 'Disc');
  await masklet.call('addObject', 'Square');
  const frame = async () => (await masklet.call('status')).frame;

  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Commands' }).fill('last fra');
  await page.keyboard.press('Enter');
  await expect.poll(frame).toBe(39);
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('option', { name: 'Select Square' })).toBeVisible();
  await page.getByRole('combobox', { name: 'Commands' }).fill('no such thing');
  await expect(page.getByText('No command is called that.')).toBeVisible();
  await page.getByRole('combobox', { name: 'Commands' }).fill('disc');
  await page.getByRole('option', { name: 'Select Disc' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);

  // Space goes to "First frame", and is no longer "Play or pause".
  await page.keyboard.press('?');
  await page.getByRole('button', { name: /^First frame: / }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.getByRole('button', { name: 'First frame: Home. Change' }).click();
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'First frame: Space. Change' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Play or pause: K. Change' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByTestId('stage').focus();
  await page.keyboard.press('Space');
  await expect.poll(frame).toBe(0);

  // One Escape closes a menu, however it was opened, and no tooltip comes in between.
  for (const open of [(zoom: Locator) => zoom.click(), (zoom: Locator) => zoom.press('Enter')]) {
    await open(page.getByRole('button', { name: 'Zoom', exact: true }));
    await expect(page.getByRole('button', { name: 'Fit', exact: true })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }

  await page.reload();
  await masklet.openMedia('shapes.mp4');
  await masklet.call('seek', 7);
  await page.getByTestId('stage').focus();
  await page.keyboard.press('Space');
  await expect.poll(frame).toBe(0);
  await page.keyboard.press('?');
  await page.getByRole('button', { name: 'Reset all keys' }).click();
  await expect(page.getByRole('button', { name: 'First frame: Home. Change' })).toBeVisible();
});
