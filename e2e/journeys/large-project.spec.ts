/** A thousand frames and sixteen objects: all of it is there, and what does not change is not drawn again. */
import { openLargeProject, withoutModel } from '../fixtures/large-project';
import { expect, test } from '../fixtures/masklet-page';

const [frames, objects] = [1000, 16];

test('a thousand frames of sixteen objects stay at hand', async ({ masklet }) => {
  const { page } = masklet;
  await withoutModel(page);
  await masklet.open();
  await openLargeProject(page, frames, objects);
  expect((await masklet.call('status')).frameCount).toBe(frames);
  await expect(page.getByRole('button', { name: 'Object 16, tracked' })).toBeVisible();
  await expect(page.getByLabel(/^Object 16: masks on 1000 of 1000 frames/)).toBeVisible();

  // Ends, a frame by number, the frames worth a look.
  await page.keyboard.press('End');
  await expect.poll(async () => (await masklet.call('status')).frame).toBe(frames - 1);
  expect(await masklet.hasMask(16, frames - 1)).toBe(true);
  const stops = await masklet.call('review');
  expect(stops.length).toBeGreaterThan(20);
  await page.keyboard.press('j');
  const isAtStop = async () => {
    const { frame } = await masklet.call('status');
    return frame !== frames - 1 && stops.some((stop) => stop.frame === frame);
  };
  await expect.poll(isAtStop).toBe(true);

  // A step to the next frame writes numbers; it does not write the list of objects or the lanes.
  await masklet.call('seek', 400);
  await page.waitForTimeout(500);
  const changed = await page.evaluate(async () => {
    let count = 0;
    const observer = new MutationObserver((records) => (count += records.length));
    const watched = [...document.querySelectorAll('[data-lanes], aside')];
    for (const part of watched) observer.observe(part, { subtree: true, childList: true, attributes: true });
    for (let frame = 401; frame < 411; frame++) await window.masklet.seek(frame);
    observer.disconnect();
    return { count, watched: watched.length };
  });
  expect(changed.watched).toBe(2);
  // The states of those that appear or vanish, and nothing else.
  expect(changed.count).toBeLessThan(40);
});
