/** Pictures that carry their own number, so that a test can tell which frame it was given. */

/** Display matrices as a track header stores them: (x, y) → (ax + cy, bx + dy). ISO 14496-12 §8.3.2. */
export const displayMatrices = {
  upright: [1, 0, 0, 1],
  clockwise90: [0, 1, -1, 0],
  clockwise180: [-1, 0, 0, -1],
  clockwise270: [0, -1, 1, 0],
  mirrored: [-1, 0, 0, 1],
  mirrored90: [0, 1, 1, 0],
};

/**
 * One frame, RGB24, as it must be stored to be seen upright through `matrix`.
 * @param {number} number 0 to 255
 * @param {number} width of the upright picture, px
 * @param {number} height likewise
 * @param {number[]} matrix a, b, c, d
 */
export function numberedFrame(number, width, height, matrix = displayMatrices.upright) {
  const [a = 1, b = 0, c = 0, d = 1] = matrix;
  const isTurned = a === 0;
  const storedWidth = isTurned ? height : width;
  const storedHeight = isTurned ? width : height;
  const rgb = Buffer.alloc(storedWidth * storedHeight * 3);
  for (let y = 0; y < storedHeight; y++) {
    for (let x = 0; x < storedWidth; x++) {
      // The matrix turns about the origin: what falls left of it or above it is moved back into the picture.
      const seenX = a * x + c * y + (a + c < 0 ? width - 1 : 0);
      const seenY = b * x + d * y + (b + d < 0 ? height - 1 : 0);
      rgb.set(colourAt(number, seenX, seenY, width, height), (y * storedWidth + x) * 3);
    }
  }
  return rgb;
}

/**
 * @param {number} number
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 */
function colourAt(number, x, y, width, height) {
  const rowHeight = Math.round(height / 6);
  if (y < 2 * rowHeight) {
    const bit = (number >> (7 - Math.floor((x * 8) / width))) & 1;
    const isWhite = y < rowHeight === (bit === 1);
    return isWhite ? [235, 235, 235] : [16, 16, 16];
  }
  // A disc over a slope, both moving, so that frames are predicted from each other.
  const discX = width * (0.5 + 0.35 * Math.sin(number / 5));
  const isDisc = Math.hypot(x - discX, y - height * 0.7) < height * 0.18;
  if (isDisc) return [210, 90, 60];
  const slope = 70 + (60 * x) / width + 30 * Math.sin((y + number * 2) / 14);
  return [slope * 0.8, slope, slope * 1.1];
}
