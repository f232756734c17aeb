/** A disc and a rounded square over a textured ground, with the exact pixels of each. */

export const shapesSize = { width: 320, height: 240, frames: 40 };

export const shapeNames = ['disc', 'square'];

/**
 * One frame, and which object each pixel shows: 0 the ground, 1 the disc, 2 the square. The disc is in front.
 * @param {number} frameIndex
 */
export function shapesFrame(frameIndex) {
  const { width, height, frames } = shapesSize;
  const t = frameIndex / (frames - 1);
  const rgb = Buffer.alloc(width * height * 3);
  const owner = new Uint8Array(width * height);
  const disc = { x: 70 + 165 * t, y: 95 + 30 * Math.sin(t * Math.PI * 2), radius: 34 };
  const square = { x: 245 - 150 * t, y: 150 - 12 * Math.sin(t * Math.PI), half: 30, corner: 10, angle: 0.2 + t };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      // Pixel centres.
      const px = x + 0.5;
      const py = y + 0.5;
      const ground = groundAt(px + 12 * t, py);
      let colour = ground;
      const [u, v] = squareCoordinates(px, py, square);
      if (roundedSquareDistance(u, v, square) < 0) {
        owner[i] = 2;
        colour = squareColour(u, v);
      }
      const dx = px - disc.x;
      const dy = py - disc.y;
      if (Math.hypot(dx, dy) < disc.radius) {
        owner[i] = 1;
        colour = discColour(dx, dy, disc.radius);
      }
      rgb.set(colour, i * 3);
    }
  }
  return { rgb, owner };
}

/**
 * Uncompressed COCO run lengths: columns first, the first run counts background.
 * @param {Uint8Array} owner
 * @param {number} object
 */
export function maskCounts(owner, object) {
  const { width, height } = shapesSize;
  /** @type {number[]} */
  const counts = [];
  let isObject = false;
  let run = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if ((owner[y * width + x] === object) !== isObject) {
        counts.push(run);
        run = 0;
        isObject = !isObject;
      }
      run++;
    }
  }
  counts.push(run);
  return counts;
}

/**
 * @param {number} x
 * @param {number} y
 * @param {{ x: number, y: number, angle: number }} square
 */
function squareCoordinates(x, y, square) {
  const cos = Math.cos(square.angle);
  const sin = Math.sin(square.angle);
  return /** @type {const} */ ([
    (x - square.x) * cos + (y - square.y) * sin,
    (y - square.y) * cos - (x - square.x) * sin,
  ]);
}

/**
 * Signed distance, negative inside.
 * @param {number} u
 * @param {number} v
 * @param {{ half: number, corner: number }} square
 */
function roundedSquareDistance(u, v, { half, corner }) {
  const qu = Math.abs(u) - half + corner;
  const qv = Math.abs(v) - half + corner;
  return Math.hypot(Math.max(qu, 0), Math.max(qv, 0)) + Math.min(Math.max(qu, qv), 0) - corner;
}

/**
 * @param {number} dx
 * @param {number} dy
 * @param {number} radius
 */
function discColour(dx, dy, radius) {
  const shade = 0.75 + 0.3 * (1 - Math.hypot(dx + 10, dy + 12) / radius);
  const grain = 0.9 + 0.2 * noise(dx / 5 + 40, dy / 5 + 7);
  return [225 * shade * grain, 95 * shade * grain, 45 * shade * grain].map(toByte);
}

/**
 * @param {number} u
 * @param {number} v
 */
function squareColour(u, v) {
  const shade = 0.85 + 0.15 * Math.sin(u / 3) * 0.6 + (0.1 * v) / 30;
  return [50 * shade, 105 * shade, 200 * shade].map(toByte);
}

/**
 * Grass below, haze above.
 * @param {number} x
 * @param {number} y
 */
function groundAt(x, y) {
  const coarse = noise(x / 47, y / 29);
  const fine = noise(x / 13 + 90, y / 9);
  const light = 0.62 + 0.35 * coarse + 0.16 * fine;
  const far = 1 - y / shapesSize.height;
  return [(88 + 70 * far) * light, (120 + 50 * far) * light, (66 + 90 * far) * light].map(toByte);
}

/**
 * Smooth value noise, 0 to 1.
 * @param {number} x
 * @param {number} y
 */
function noise(x, y) {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const u = smooth(x - x0);
  const v = smooth(y - y0);
  const top = lattice(x0, y0) * (1 - u) + lattice(x0 + 1, y0) * u;
  const bottom = lattice(x0, y0 + 1) * (1 - u) + lattice(x0 + 1, y0 + 1) * u;
  return top * (1 - v) + bottom * v;
}

/** @param {number} t */
const smooth = (t) => t * t * (3 - 2 * t);

/** @param {number} value */
const toByte = (value) => Math.max(0, Math.min(255, Math.round(value)));

/**
 * A fixed pseudo-random value per lattice point, 0 to 1.
 * @param {number} x
 * @param {number} y
 */
function lattice(x, y) {
  let h = Math.imul(x, 374761393) + Math.imul(y, 668265263);
  h = Math.imul(h ^ (h >>> 13), 1274126177);
  return ((h ^ (h >>> 16)) >>> 0) / 0xffffffff;
}
