/** What the browser's processes take, from /proc: on Linux only. */
import { existsSync, readFileSync } from 'node:fs';

/**
 * Of the largest renderer, at its highest, in MB; NaN where there is no /proc.
 * @param {import('@playwright/test').Browser} browser
 */
export async function rendererPeakMb(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const sizes = processInfo
    .map(({ type, id }) => ({ type, file: `/proc/${id}/status` }))
    .filter(({ type, file }) => type === 'renderer' && existsSync(file))
    .map(({ file }) => Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync(file, 'utf8'))?.[1]) / 1000);
  return sizes.length > 0 ? Math.max(...sizes) : NaN;
}
