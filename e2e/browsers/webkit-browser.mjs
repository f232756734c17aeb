/**
 * WebKitGTK's MiniBrowser under Xvfb, through WebKitWebDriver: the few calls of the WebDriver protocol that the journey needs.
 * Source: W3C WebDriver.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** @typedef {import('./journey.mjs').DrivenBrowser} DrivenBrowser */
/** @typedef {{ driver: string; miniBrowser: string; xvfb: string }} WebKitPaths */

const port = 4440 + (process.pid % 100);
const longestCallMs = 600_000;

/**
 * @param {WebKitPaths} paths
 * @returns {Promise<DrivenBrowser>}
 */
export async function openWebKit({ driver, miniBrowser, xvfb }) {
  // Xvfb finds a free display and says which on the third descriptor.
  const screen = spawn(xvfb, ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const [display] = await once(/** @type {import('node:stream').Readable} */ (screen.stdio[3]), 'data');
  const env = {
    ...process.env,
    DISPLAY: `:${String(display).trim()}`,
    LC_ALL: 'C.UTF-8',
    LANG: 'C.UTF-8',
    LIBGL_ALWAYS_SOFTWARE: '1',
    WEBKIT_DISABLE_DMABUF_RENDERER: '1',
  };
  const server = spawn(driver, [`--port=${port}`], { env, stdio: 'ignore' });
  const base = `http://127.0.0.1:${port}/session`;

  /**
   * @param {string} path
   * @param {object} [body]
   * @param {'POST' | 'DELETE'} [method]
   * @returns {Promise<any>}
   */
  const call = async (path, body = {}, method = 'POST') => {
    const response = await fetch(`${base}${path}`, {
      method,
      signal: AbortSignal.timeout(longestCallMs),
      ...(method === 'POST' ? { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } } : {}),
    });
    /** @type {{ value: any }} */
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  };

  const capabilities = { 'webkitgtk:browserOptions': { binary: miniBrowser, args: ['--automation'] } };
  await untilListening(`http://127.0.0.1:${port}/status`);
  const { sessionId } = await call('', { capabilities: { alwaysMatch: capabilities } });
  const session = `/${sessionId}`;
  await call(`${session}/timeouts`, { script: longestCallMs, pageLoad: longestCallMs });
  return {
    open: (url) => call(`${session}/url`, { url }),
    async run(step, ...args) {
      const script = `
        const args = [...arguments];
        const done = args.pop();
        (${String(step)})(...args).then((value) => done({ value }), (error) => done({ error: String(error) }));
      `;
      const { value, error } = await call(`${session}/execute/async`, { script, args });
      if (error) throw new Error(error);
      return value;
    },
    async click(x, y) {
      const at = { type: 'pointerMove', duration: 0, x: Math.round(x), y: Math.round(y) };
      const actions = [at, { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }];
      const mouse = { type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions };
      await call(`${session}/actions`, { actions: [mouse] });
    },
    async close() {
      await call(session, {}, 'DELETE').catch(() => undefined);
      server.kill();
      screen.kill();
    },
  };
}

/** @param {string} url */
async function untilListening(url) {
  for (const start = Date.now(); ;) {
    try {
      await fetch(url);
      return;
    } catch (error) {
      if (Date.now() - start > 60_000) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
