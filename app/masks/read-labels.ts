/**
 * Which objects a picture of masks says there are, as the label formats mean it: palettes (DAVIS, VOC), grey indices
 * (COCO stuff, Label Studio, nnU-Net), a colour for each label (CVAT), alpha, black and white, with hard or soft edges.
 * The exporter's reader has the same rules (`model-export/masklet_export/train/readers/read_labels.py`).
 */

/** A picture as it is stored, a value a sample, row by row. */
export type PictureSamples = {
  width: number;
  height: number;
  /** Grey or index; grey and alpha; red, green, blue; with alpha. */
  channels: number;
  data: ArrayLike<number>;
  /** Of a sample: 1, 3, 15, 255 or 65535. */
  maxValue: number;
  /** What an index stands for: red, green, blue and perhaps alpha, to 255. Null: samples are grey or colours. */
  palette: readonly (readonly number[])[] | null;
};

export type Label = {
  /** What it is called in the file: an index, a grey value, or `#rrggbb`. */
  name: string;
  /** To show it by. */
  color: readonly [number, number, number];
  /** In pixels of the picture. */
  area: number;
};

export type LabelPicture = {
  width: number;
  height: number;
  labels: Label[];
  /** By pixel: 0 is the background, n is `labels[n - 1]`. */
  labelOf: Uint16Array;
};

/** More than that are no labels but a photograph. */
const maxLabels = 255;
/** Index of VOC and DAVIS for what belongs to no object and is not judged. */
const voidIndex = 255;
/** Grey values below it can be indices beside a void of 255; a scale of greys spread over 0 to 255 goes beyond. */
const maxIndexBesideVoid = 64;
/** Of the pixels of in-between values: so few have neighbours of their own value only where they are an edge. */
const maxInnerShare = 0.1;
/** Colours by their own: more than that are edges or noise of a few. */
const maxHardColors = 12;

/** @returns the labels by their values; none where the picture shows no object; null where it is no picture of labels */
export function readLabels(picture: PictureSamples): LabelPicture | null {
  const { channels, palette } = picture;
  if (palette && channels === 1) return fromPalette(picture, palette);
  const { colors, alphas } = eightBitColors(picture);
  if (channels === 1 && !alphas) return fromGrey(picture, picture.data, picture.maxValue);
  const isCutOut = alphas?.some((alpha) => alpha < 128) ?? false;
  if (isCutOut) return fromCutOut(picture, colors, alphas!);
  if (colors.every((color) => isGrey(color)))
    return fromGrey(
      picture,
      colors.map((color) => color & 255),
      255,
    );
  return fromColors(picture, colors);
}

function fromPalette(picture: PictureSamples, palette: readonly (readonly number[])[]): LabelPicture | null {
  const indices = picture.data;
  const used = valuesOf(indices).map(({ value }) => value);
  const colorOf = (index: number): number => packed(palette[index] ?? [index, index, index]);
  const distinct = new Set(used.map(colorOf));
  // A palette of greys is a grey picture. One that shows all labels alike says nothing: there the indices count.
  if (distinct.size === used.length && used.every((index) => isGrey(colorOf(index)))) {
    return fromGrey(
      picture,
      Uint8Array.from(indices, (index) => colorOf(index) & 255),
      255,
    );
  }
  const black = used.find((index) => colorOf(index) === 0);
  const background = colorOf(0) !== 0 && distinct.size === used.length && black !== undefined ? black : 0;
  const isLabel = (index: number): boolean =>
    index !== background && index !== voidIndex && (palette[index]?.[3] ?? 255) >= 128;
  return labelled(picture, indices, isLabel, (index) => [String(index), colorOf(index)]);
}

function fromGrey(size: Size, values: ArrayLike<number>, maxValue: number): LabelPicture | null {
  const counts = valuesOf(values);
  const peak = counts.at(-1)?.value ?? 0;
  const half = maxValue / 2;
  if (peak > half && counts.length > 2 && isSoft(size, values, counts[0]!.value, peak)) {
    const inside = Uint8Array.from(values, (value) => (value > half ? 1 : 0));
    return labelled(
      size,
      inside,
      (value) => value === 1,
      () => [String(peak), 0xffffff],
    );
  }
  const least = counts[0]?.value ?? 0;
  // The darker of two greys is the ground where the other is bright: low values are indices, of two objects if need be.
  const ground = counts.length === 2 && peak > half ? least : 0;
  const others = counts.map(({ value }) => value).filter((value) => value !== ground && value !== voidIndex);
  const hasVoid = maxValue === 255 && others.length > 0 && Math.max(...others) < maxIndexBesideVoid;
  const isLabel = (value: number): boolean => value !== ground && !(hasVoid && value === voidIndex);
  return labelled(size, values, isLabel, (value) => [String(value), hueOf(value)]);
}

/** What is opaque is inside; by colours where these are flat and several. */
function fromCutOut(size: Size, colors: Uint32Array, alphas: ArrayLike<number>): LabelPicture | null {
  const opaque = new Set<number>();
  for (let at = 0; at < colors.length; at++) if (alphas[at]! >= 128) opaque.add(colors[at]!);
  if (opaque.size > 1 && opaque.size <= maxHardColors) {
    const shown = Float64Array.from(colors, (color, at) => (alphas[at]! >= 128 ? color : -1));
    const isLabel = (color: number): boolean => color > 0;
    return labelled(size, shown, isLabel, (color) => [hex(color), color]);
  }
  const inside = Uint8Array.from({ length: colors.length }, (_, at) => (alphas[at]! >= 128 ? 1 : 0));
  const color = opaque.size === 1 ? [...opaque][0]! : 0xffffff;
  return labelled(
    size,
    inside,
    (value) => value === 1,
    () => [hex(color), color],
  );
}

/** A colour a label. Black is the ground, or white where there is no black. */
function fromColors(size: Size, colors: Uint32Array): LabelPicture | null {
  const counts = valuesOf(colors);
  const own = counts.length > maxHardColors ? nearestCores(size, colors) : withoutBlends(size, colors, counts);
  if (!own) return null;
  const distinct = new Set(own);
  const ground = distinct.has(0) ? 0 : distinct.size > 1 && distinct.has(0xffffff) ? 0xffffff : -1;
  return labelled(
    size,
    own,
    (color) => color !== ground,
    (color) => [hex(color), color],
  );
}

type Size = { width: number; height: number };

function labelled(
  { width, height }: Size,
  values: ArrayLike<number>,
  isLabel: (value: number) => boolean,
  describe: (value: number) => readonly [name: string, color: number],
): LabelPicture | null {
  const counts = valuesOf(values).filter(({ value }) => isLabel(value));
  if (counts.length > maxLabels) return null;
  const numbers = new Map(counts.map(({ value }, n) => [value, n + 1]));
  const labels = counts.map(({ value, count }): Label => {
    const [name, color] = describe(value);
    return { name, color: [color >> 16, (color >> 8) & 255, color & 255], area: count };
  });
  return { width, height, labels, labelOf: Uint16Array.from(values, (value) => numbers.get(value) ?? 0) };
}

/** Distinct values, ascending. */
function valuesOf(values: ArrayLike<number>): { value: number; count: number }[] {
  const counts = new Map<number, number>();
  for (let at = 0; at < values.length; at++) counts.set(values[at]!, (counts.get(values[at]!) ?? 0) + 1);
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => a.value - b.value);
}

/** Whether what lies between the darkest and the brightest is their common edge: it has no inside of its own. */
function isSoft({ width, height }: Size, values: ArrayLike<number>, least: number, peak: number): boolean {
  let between = 0;
  let inner = 0;
  for (let at = 0; at < values.length; at++) {
    if (values[at] === least || values[at] === peak) continue;
    between++;
    if (isInner(values, at, width, height)) inner++;
  }
  return inner < maxInnerShare * between;
}

function isInner(values: ArrayLike<number>, at: number, width: number, height: number): boolean {
  const x = at % width;
  const value = values[at];
  return (
    (x === 0 || values[at - 1] === value) &&
    (x === width - 1 || values[at + 1] === value) &&
    (at < width || values[at - width] === value) &&
    (at >= width * (height - 1) || values[at + width] === value)
  );
}

/** Distance of two colours that noise of compression explains. */
const noise = 40;
/** By so much the way over a mixture of two colours may be longer than the way between them. */
const mixture = 12;

/** A few colours: those that are mixtures of others and have no area are these' common edge. One alone may be an object. */
function withoutBlends(
  { width, height }: Size,
  colors: Uint32Array,
  counts: readonly { value: number; count: number }[],
): Uint32Array {
  const inner = new Set<number>();
  for (let at = 0; at < colors.length; at++) if (isInner(colors, at, width, height)) inner.add(colors[at]!);
  const cores = counts.map(({ value }) => value).filter((value) => inner.has(value));
  const isBlend = (value: number): boolean =>
    !inner.has(value) &&
    cores.some((a, n) =>
      cores.some((b, m) => m > n && distance(a, value) + distance(value, b) - distance(a, b) < mixture),
    );
  const blends = new Set(counts.map(({ value }) => value).filter(isBlend));
  return blends.size < 2 ? colors : colors.map((color) => (blends.has(color) ? nearestOf(cores, color) : color));
}

/**
 * Every pixel as the nearest of the colours that areas have; null where these are too many.
 * Colours near a larger area's are its own, blurred.
 */
function nearestCores({ width, height }: Size, colors: Uint32Array): Uint32Array | null {
  const inner = new Map<number, number>();
  for (let at = 0; at < colors.length; at++) {
    if (isInner(colors, at, width, height)) inner.set(colors[at]!, (inner.get(colors[at]!) ?? 0) + 1);
  }
  const cores: number[] = [];
  for (const [color] of [...inner].sort(([, a], [, b]) => b - a)) {
    if (cores.every((core) => distance(core, color) > noise)) cores.push(color);
    if (cores.length > maxLabels) return null;
  }
  // Of a photograph hardly a pixel is like its neighbours.
  const covered = [...inner.values()].reduce((sum, count) => sum + count, 0);
  if (cores.length === 0 || covered < colors.length / 4) return null;
  const nearest = new Map<number, number>();
  return colors.map((color) => {
    const known = nearest.get(color);
    if (known !== undefined) return known;
    const found = nearestOf(cores, color);
    nearest.set(color, found);
    return found;
  });
}

function nearestOf(cores: readonly number[], color: number): number {
  return cores.reduce((best, core) => (distance(core, color) < distance(best, color) ? core : best));
}

function distance(a: number, b: number): number {
  return Math.hypot((a >> 16) - (b >> 16), ((a >> 8) & 255) - ((b >> 8) & 255), (a & 255) - (b & 255));
}

/** Colours as 0xrrggbb, and alphas to 255 where the picture has any. */
function eightBitColors({ width, height, channels, data, maxValue }: PictureSamples): {
  colors: Uint32Array;
  alphas: Uint8Array | null;
} {
  const colors = new Uint32Array(width * height);
  const alphas = channels === 2 || channels === 4 ? new Uint8Array(width * height) : null;
  const scaled = (sample: number): number => Math.round((sample / maxValue) * 255);
  for (let at = 0; at < colors.length; at++) {
    const first = at * channels;
    const [r, g, b] = channels < 3 ? [0, 0, 0] : [0, 1, 2];
    colors[at] = packed([r, g, b].map((channel) => scaled(data[first + channel]!)));
    if (alphas) alphas[at] = scaled(data[first + channels - 1]!);
  }
  return { colors, alphas };
}

function packed([r = 0, g = 0, b = 0]: readonly number[]): number {
  return (r << 16) | (g << 8) | b;
}

function isGrey(color: number): boolean {
  return color >> 16 === (color & 255) && ((color >> 8) & 255) === (color & 255);
}

function hex(color: number): string {
  return `#${color.toString(16).padStart(6, '0')}`;
}

/** Colours of VOC's palette, so that indices that look alike in the file do not in the list. */
function hueOf(index: number): number {
  let color = 0;
  for (let bit = 0; bit < 8; bit++) {
    const bits = index >> (3 * bit);
    color |= ((bits & 1) << (23 - bit)) | (((bits >> 1) & 1) << (15 - bit)) | (((bits >> 2) & 1) << (7 - bit));
  }
  return index === 255 ? 0xffffff : color;
}
