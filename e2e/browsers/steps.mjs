/**
 * The journey's steps as they run in the page: plain functions whose text is handed to a browser, so they use nothing but
 * their arguments and the page.
 */

/** @typedef {{ width: number; height: number; counts: number[] }} Mask */

/**
 * Opens a clip and adds an object.
 * @param {string} source
 * @returns {Promise<{ object: number; box: { x: number; y: number; width: number; height: number }; size: { width: number; height: number } }>}
 *   the object, and where the frame lies in the window
 */
export async function openClip(source) {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
  const page = /** @type {any} */ (globalThis);
  while (!page.masklet) await pause();
  const { width, height } = await page.masklet.open(source);
  const object = await page.masklet.addObject('Balloon');
  const canvas = () => page.document.querySelector('[data-testid="stage"] canvas');
  while (!canvas()) await pause();
  const box = canvas().getBoundingClientRect();
  return {
    object,
    box: { x: box.x, y: box.y, width: box.width, height: box.height },
    size: { width, height },
  };
}

/**
 * Waits for the mask of a click on frame 0, tracks, and exports.
 * @param {number} object
 * @param {number} lastFrame
 * @returns {Promise<{ masks: Mask[]; zip: { bytes: number; start: string } }>}
 */
export async function trackAndExport(object, lastFrame) {
  const { masklet } = /** @type {any} */ (globalThis);
  while (!(await masklet.mask(object, 0))) await new Promise((resolve) => setTimeout(resolve, 50));
  await masklet.track({ to: lastFrame });
  const masks = [];
  for (let frame = 0; frame <= lastFrame; frame++) {
    const { width, height, counts } = await masklet.mask(object, frame);
    masks.push({ width, height, counts: Array.from(counts) });
  }
  const blob = await masklet.export('png-zip');
  const start = await blob.slice(0, 2).text();
  return { masks, zip: { bytes: blob.size, start } };
}
