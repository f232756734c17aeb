/**
 * Makes the sample clip, public/samples/balloons.mp4, and the truth about it, e2e/fixtures/sample-truth.json. Run by hand
 * (it takes half an hour without a GPU, and needs ffmpeg): both results are committed.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { chromiumArgs, findChromium } from './chromium.mjs';
import { root } from './setup.mjs';

const frameRate = 25;
const frameCount = 125;
/** Rendered larger than it is shown: shrinking smooths the edges. */
const rendered = { width: 1600, height: 900 };
const shown = { width: 1280, height: 720 };
const truthFrames = [0, 31, 62, 93, 124];
const names = ['red balloon', 'teal balloon', 'violet balloon'];

const shader = readFileSync(join(root, 'scripts/sample/balloons.frag'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'sample-'));
const browser = await chromium.launch({
  executablePath: findChromium() ?? '',
  args: [...chromiumArgs, '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
});

/**
 * @param {{ width: number; height: number }} size
 * @returns a function that renders a frame: a PNG, or each pixel's object (0 none, 1 to 3)
 */
async function renderer(size) {
  const page = await browser.newPage();
  await page.setContent('<canvas></canvas>');
  await page.evaluate(([source, width, height]) => {
    const canvas = document.querySelector('canvas');
    const gl = canvas?.getContext('webgl2', { preserveDrawingBuffer: true, antialias: false });
    if (!canvas || !gl) throw new Error('There is no WebGL 2 here');
    canvas.width = width;
    canvas.height = height;
    gl.viewport(0, 0, width, height);
    const program = gl.createProgram();
    const whole =
      '#version 300 es\nvoid main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0); }';
    for (const [type, text] of /** @type {[number, string][]} */ ([
      [gl.VERTEX_SHADER, whole],
      [gl.FRAGMENT_SHADER, source],
    ])) {
      const compiled = gl.createShader(type);
      if (!compiled) throw new Error('The context is lost');
      gl.shaderSource(compiled, text);
      gl.compileShader(compiled);
      gl.attachShader(program, compiled);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS))
      throw new Error(gl.getProgramInfoLog(program) ?? 'not linked');
    gl.useProgram(program);
    gl.uniform2f(gl.getUniformLocation(program, 'size'), width, height);
    Object.assign(window, {
      draw: (/** @type {number} */ time, /** @type {number} */ ids) => {
        gl.uniform1f(gl.getUniformLocation(program, 'time'), time);
        gl.uniform1i(gl.getUniformLocation(program, 'ids'), ids);
        gl.drawArrays(gl.TRIANGLES, 0, 3);
        return canvas.toDataURL('image/png').split(',')[1];
      },
    });
  }, /** @type {const} */ ([shader, size.width, size.height]));
  return async (/** @type {number} */ frame, /** @type {boolean} */ ids) => {
    const base64 = await page.evaluate(`draw(${frame / frameRate}, ${ids ? 1 : 0})`);
    return Buffer.from(/** @type {string} */ (base64), 'base64');
  };
}

/** @param {string[]} args */
function ffmpeg(args) {
  const { status } = spawnSync('ffmpeg', ['-v', 'error', '-y', ...args], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`ffmpeg ended with ${status}`);
}

const renderPicture = await renderer(rendered);
for (let frame = 0; frame < frameCount; frame++) {
  writeFileSync(join(folder, `${String(frame).padStart(4, '0')}.png`), await renderPicture(frame, false));
  console.log(`frame ${frame + 1} of ${frameCount}`);
}
mkdirSync(join(root, 'public/samples'), { recursive: true });
ffmpeg(
  [
    ['-framerate', String(frameRate), '-i', join(folder, '%04d.png')],
    ['-vf', `scale=${shown.width}:${shown.height}:flags=lanczos,format=yuv420p`],
    ['-c:v', 'libx264', '-preset', 'veryslow', '-crf', '20', '-g', String(frameRate), '-movflags', '+faststart'],
    ['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-map_metadata', '-1'],
    [join(root, 'public/samples/balloons.mp4')],
  ].flat(),
);
// What the first screen shows of it, before it is asked for.
ffmpeg(
  [
    ['-ss', '1.2', '-i', join(root, 'public/samples/balloons.mp4'), '-frames:v', '1', '-vf', 'scale=480:-2'],
    ['-c:v', 'libwebp', '-quality', '78', join(root, 'public/samples/balloons.webp')],
  ].flat(),
);

const { decode } = await import('fast-png');
const renderTruth = await renderer(shown);
/** @type {Record<string, Record<number, number[]>>} */
const objects = Object.fromEntries(names.map((name) => [name, {}]));
for (const frame of truthFrames) {
  const { data, channels } = decode(await renderTruth(frame, true));
  names.forEach((name, n) => {
    /** @type {number[]} */
    const counts = [];
    let run = 0;
    let inside = false;
    // Column-major, background first.
    for (let p = 0; p < shown.width * shown.height; p++) {
      const pixel = (p % shown.height) * shown.width + Math.floor(p / shown.height);
      const isInside = data[pixel * channels] === n + 1;
      if (isInside !== inside) {
        counts.push(run);
        run = 0;
        inside = isInside;
      }
      run++;
    }
    counts.push(run);
    /** @type {Record<number, number[]>} */ (objects[name])[frame] = counts;
  });
}
writeFileSync(join(root, 'e2e/fixtures/sample-truth.json'), `${JSON.stringify({ ...shown, objects })}\n`);
await browser.close();
