/**
 * Clips for measuring how a person edits, painted in the page frame by frame: each has a flaw that trackers fall for, and
 * its truth to the pixel.
 * - drift: a striped ball rolls over things of its own colours, which the mask takes along.
 * - occlusion: a ball goes behind a wall and comes out of it in another light.
 * - cut: half-way the camera is elsewhere: the thing has another place and size, and a twin of another colour beside it.
 *
 * Runs in the page: it may use nothing from around it.
 * @param {string} name
 * @returns {Promise<{ width: number, height: number, files: File[], truth: string[] }>} `truth` by frame: '0' and '1', row-major
 */
export async function paintClip(name) {
  const [width, height, count] = [320, 240, 40];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('No canvas');

  /** The same for the same seed. @param {number} seed */
  const noise = (seed) => () => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return seed / 4_294_967_296;
  };

  /**
   * Patches of a few colours, as ground or leaves have.
   * @param {number} seed
   * @param {string[]} colors
   * @param {number} size
   */
  const ground = (seed, colors, size) => {
    const random = noise(seed);
    context.fillStyle = colors[0] ?? 'grey';
    context.fillRect(0, 0, width, height);
    for (let n = 0; n < 500; n++) {
      context.fillStyle = colors[Math.floor(random() * colors.length)] ?? 'grey';
      context.beginPath();
      const [x, y, a, b] = [random() * width, random() * height, size * (0.4 + random()), size * (0.4 + random())];
      context.ellipse(x, y, a, b, random() * Math.PI, 0, 2 * Math.PI);
      context.fill();
    }
  };

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} radius
   * @param {number} turn
   * @param {[string, string]} colors
   */
  const ball = (x, y, radius, turn, colors) => {
    context.save();
    context.beginPath();
    context.ellipse(x, y, radius, radius * 0.9, 0, 0, 2 * Math.PI);
    context.clip();
    context.fillStyle = colors[0];
    context.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
    context.translate(x, y);
    context.rotate(turn);
    context.fillStyle = colors[1];
    for (let n = -2; n <= 2; n += 2) context.fillRect((n - 0.5) * radius * 0.4, -radius, radius * 0.4, 2 * radius);
    context.restore();
  };

  /**
   * @param {number} n
   * @param {boolean} isTruth white on black, and nothing but the thing and what hides it
   */
  const paint = (n, isTruth) => {
    const t = n / (count - 1);
    /** @type {[string, string]} */
    const white = ['white', 'white'];
    if (isTruth) {
      context.fillStyle = 'black';
      context.fillRect(0, 0, width, height);
    }
    if (name === 'drift') {
      if (!isTruth) {
        ground(3, ['#4d6b3a', '#5d7a44', '#42602f', '#6b8450'], 18);
        // Things of the ball's own colours beside its way.
        context.fillStyle = '#b5482f';
        context.fillRect(128, 138, 34, 40);
        context.fillStyle = '#d8c9a8';
        context.fillRect(196, 92, 30, 34);
      }
      ball(40 + 240 * t, 130 + 18 * Math.sin(t * 9), 30, t * 12, isTruth ? white : ['#b5482f', '#d8c9a8']);
    } else if (name === 'occlusion') {
      if (!isTruth) ground(7, ['#8a8f96', '#7c828a', '#989da3', '#70767e'], 22);
      const x = 45 + 230 * t;
      ball(
        x,
        120 + 10 * Math.sin(t * 7),
        28,
        t * 8,
        isTruth ? white : t < 0.5 ? ['#2f6fb5', '#e8e0c8'] : ['#26588f', '#c4bda8'],
      );
      context.fillStyle = isTruth ? 'black' : '#5a4636';
      context.fillRect(130, 0, 66, height);
    } else {
      const isBefore = n < count / 2;
      if (!isTruth)
        ground(
          isBefore ? 11 : 12,
          isBefore ? ['#7a6a58', '#867563', '#6d5e4d'] : ['#3d5a6c', '#48697d', '#334c5b'],
          20,
        );
      if (!isTruth && !isBefore) ball(90 + 40 * t, 150, 40, -t * 5, ['#8f5fb0', '#d9d2c0']);
      const [x, y, radius] = isBefore ? [70 + 90 * t, 90 + 40 * t, 26] : [250 - 60 * t, 90 + 50 * t, 40];
      ball(x, y, radius, t * 6, isTruth ? white : ['#c25a8a', '#e9dfcf']);
    }
  };

  const files = [];
  const truth = [];
  for (let n = 0; n < count; n++) {
    paint(n, true);
    const { data } = context.getImageData(0, 0, width, height);
    let rows = '';
    for (let at = 0; at < data.length; at += 4) rows += (data[at] ?? 0) > 127 ? '1' : '0';
    truth.push(rows);
    paint(n, false);
    // What a camera adds.
    const picture = context.getImageData(0, 0, width, height);
    const random = noise(1000 + n);
    for (let at = 0; at < picture.data.length; at++) {
      if (at % 4 !== 3) picture.data[at] = (picture.data[at] ?? 0) + (random() - 0.5) * 14;
    }
    context.putImageData(picture, 0, 0);
    files.push(new File([await canvas.convertToBlob({ type: 'image/png' })], `${String(n).padStart(5, '0')}.png`));
  }
  return { width, height, files, truth };
}
