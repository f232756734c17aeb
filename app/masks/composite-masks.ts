/** All masks of a frame in one picture: each a tint of its colour with an outline inside its edge. */
import type { MaskRle, PixelBox } from '../../workers/protocol/mask';
import { featherMask } from '../../workers/matte/feather';
import { rasterizeMask, type Bitmap, type SourceWindow } from './rasterize-mask';

export type MaskLayer = {
  rle: MaskRle;
  /** Around the mask, in video pixels; null for an empty one. */
  box: PixelBox | null;
  color: readonly [red: number, green: number, blue: number];
  /** 0 to 1. */
  fillAlpha: number;
  /** Thickness in pixels of the picture. */
  outlinePx: number;
  /** Of fill and outline together, 0 to 1. */
  opacity: number;
  /** Pixels of the video over which its edge fades, to each side. */
  featherPx: number;
};

/**
 * Paints layers, the last one on top, over a transparent RGBA picture that shows a window of the video at width × height.
 * Each layer costs time by the size of its box.
 */
export function compositeMasks(
  layers: readonly MaskLayer[],
  window: SourceWindow,
  width: number,
  height: number,
): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (const layer of layers) {
    const reach = featherReach(layer, window, width);
    forEachPart(layer, window, width, height, (x, y, bitmap) => {
      if (reach > 0) paintSoft(rgba, width, x, y, bitmap, layer, reach);
      else paint(rgba, width, x, y, bitmap, layer);
    });
  }
  return rgba;
}

const checks = [92, 112] as const;
const checkPx = 12;

/** The masks as a person who composes wants them: white on black, or holes in a chequered sheet. */
export function compositeMatte(
  layers: readonly MaskLayer[],
  window: SourceWindow,
  width: number,
  height: number,
  look: 'matte' | 'cutout',
): Uint8ClampedArray<ArrayBuffer> {
  // Soft edges that meet make a whole: they are summed.
  const inside = new Uint8ClampedArray(width * height);
  for (const layer of layers) {
    const reach = featherReach(layer, window, width);
    forEachPart(layer, window, width, height, (left, top, { width: partWidth, height: partHeight, data }) => {
      const alpha = reach > 0 ? featherMask(data, partWidth, partHeight, reach) : null;
      for (let y = 0, at = 0; y < partHeight; y++) {
        for (let x = 0, to = (top + y) * width + left; x < partWidth; x++, at++, to++) {
          inside[to]! += alpha ? alpha[at]! : data[at]! * 255;
        }
      }
    });
  }
  const words = new Uint32Array(width * height);
  const greys = Uint32Array.from({ length: 256 }, (_, grey) => toWord([grey, grey, grey], 1));
  const sheets = checks.map((grey) =>
    Uint32Array.from({ length: 256 }, (_, alpha) => (alpha === 255 ? 0 : toWord([grey, grey, grey], 1 - alpha / 255))),
  );
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const table = look === 'matte' ? greys : sheets[(Math.floor(x / checkPx) + Math.floor(y / checkPx)) % 2]!;
      words[at] = table[inside[at]!]!;
    }
  }
  return new Uint8ClampedArray(words.buffer);
}

/** How far an edge fades, in pixels of the picture. */
function featherReach({ featherPx }: MaskLayer, window: SourceWindow, width: number): number {
  return Math.round((featherPx * width) / window.width);
}

/** Calls with the part of the picture that a mask may cover, and the mask there. */
function forEachPart(
  layer: MaskLayer,
  window: SourceWindow,
  width: number,
  height: number,
  visit: (x: number, y: number, bitmap: Bitmap) => void,
): void {
  const { rle, box } = layer;
  if (!box) return;
  const perX = width / window.width;
  const perY = height / window.height;
  // A margin of one pixel at least, so that the outline finds the edge.
  const margin = 1 + featherReach(layer, window, width);
  const x0 = Math.max(0, Math.floor((box.x0 - window.x) * perX) - margin);
  const y0 = Math.max(0, Math.floor((box.y0 - window.y) * perY) - margin);
  const x1 = Math.min(width, Math.ceil((box.x1 - window.x) * perX) + margin);
  const y1 = Math.min(height, Math.ceil((box.y1 - window.y) * perY) + margin);
  if (x1 <= x0 || y1 <= y0) return;
  const part: SourceWindow = {
    x: window.x + x0 / perX,
    y: window.y + y0 / perY,
    width: (x1 - x0) / perX,
    height: (y1 - y0) / perY,
  };
  visit(x0, y0, rasterizeMask(rle, part, x1 - x0, y1 - y0));
}

/** Chamfer steps: 5 to the side and 7 across come close to the true distance. */
const side = 5;
const across = 7;

/** No distance is told beyond this, so that a step more still fits a byte. */
const farthest = 255 - across;

/**
 * Distance of every mask pixel to the nearest pixel outside, in fifths of a pixel, up to 248. The picture's border is no
 * edge: an object cut off by it goes on.
 */
export function distanceToEdge({ width, height, data }: Bitmap): Uint8Array {
  // A frame of far pixels around the picture spares the loops every question about its border.
  const stride = width + 2;
  const framed = new Uint8Array(stride * (height + 2)).fill(farthest);
  for (let y = 0, from = 0, at = stride + 1; y < height; y++, at += 2) {
    for (let x = 0; x < width; x++, at++, from++) {
      framed[at] =
        data[from] === 0
          ? 0
          : least(
              framed[at - 1]! + side,
              framed[at - stride]! + side,
              framed[at - stride - 1]! + across,
              framed[at - stride + 1]! + across,
              farthest,
            );
    }
  }
  const distance = new Uint8Array(width * height);
  for (let y = height - 1, to = width * height - 1, at = stride * (height + 1) - 2; y >= 0; y--, at -= 2) {
    for (let x = width - 1; x >= 0; x--, at--, to--) {
      const before = framed[at]!;
      if (before === 0) continue;
      const nearest = least(
        framed[at + 1]! + side,
        framed[at + stride]! + side,
        framed[at + stride + 1]! + across,
        framed[at + stride - 1]! + across,
        before,
      );
      framed[at] = nearest;
      distance[to] = nearest;
    }
  }
  return distance;
}

/** `Math.min` of five, which engines do not inline. */
function least(a: number, b: number, c: number, d: number, e: number): number {
  const ab = a < b ? a : b;
  const cd = c < d ? c : d;
  const abcd = ab < cd ? ab : cd;
  return abcd < e ? abcd : e;
}

function paint(
  rgba: Uint8ClampedArray<ArrayBuffer>,
  pictureWidth: number,
  left: number,
  top: number,
  bitmap: Bitmap,
  { color, fillAlpha, outlinePx, opacity }: MaskLayer,
): void {
  const { width, height, data } = bitmap;
  const distance = distanceToEdge(bitmap);
  // Alpha by distance: the last pixel of the outline fades, so that it has no steps on the inside.
  const alphas = Float32Array.from({ length: 256 }, (_, fifths) => {
    const outline = Math.max(0, Math.min(1, outlinePx + 1 - fifths / side));
    return opacity * (fillAlpha + (1 - fillAlpha) * outline);
  });
  // Most pixels lie over nothing: theirs are ready to be copied.
  const words = new Uint32Array(rgba.buffer);
  const overNothing = Uint32Array.from(alphas, (alpha) => toWord(color, alpha));
  for (let y = 0, at = 0; y < height; y++) {
    let to = (top + y) * pictureWidth + left;
    for (let x = 0; x < width; x++, at++, to++) {
      if (data[at] === 0) continue;
      const fifths = distance[at]!;
      if (words[to] === 0) words[to] = overNothing[fifths]!;
      else blend(rgba, to * 4, color, alphas[fifths]!);
    }
  }
}

/** The fill fades; the outline stays where the mask, which is yes or no, ends. */
function paintSoft(
  rgba: Uint8ClampedArray<ArrayBuffer>,
  pictureWidth: number,
  left: number,
  top: number,
  bitmap: Bitmap,
  { color, fillAlpha, outlinePx, opacity }: MaskLayer,
  reach: number,
): void {
  const { width, height, data } = bitmap;
  const distance = distanceToEdge(bitmap);
  const soft = featherMask(data, width, height, reach);
  for (let y = 0, at = 0; y < height; y++) {
    let to = (top + y) * pictureWidth + left;
    for (let x = 0; x < width; x++, at++, to++) {
      const fill = (fillAlpha * soft[at]!) / 255;
      const outline = data[at] === 0 ? 0 : Math.max(0, Math.min(1, outlinePx + 1 - distance[at]! / side));
      const alpha = opacity * (fill + (1 - fill) * outline);
      if (alpha > 0) blend(rgba, to * 4, color, alpha);
    }
  }
}

/** RGBA bytes in memory order, whatever the machine's. */
function toWord(color: readonly [number, number, number], alpha: number): number {
  return new Uint32Array(Uint8ClampedArray.of(...color, alpha * 255).buffer)[0]!;
}

/** Source over destination, with straight alpha. */
function blend(rgba: Uint8ClampedArray, at: number, color: readonly [number, number, number], alpha: number): void {
  const below = (rgba[at + 3]! / 255) * (1 - alpha);
  const sum = alpha + below;
  rgba[at] = (color[0] * alpha + rgba[at]! * below) / sum;
  rgba[at + 1] = (color[1] * alpha + rgba[at + 1]! * below) / sum;
  rgba[at + 2] = (color[2] * alpha + rgba[at + 2]! * below) / sum;
  rgba[at + 3] = sum * 255;
}
