/** Colours of objects: twelve based on Okabe and Ito's colour-blind-safe set, then hues by the golden angle. */

export type Rgb = readonly [red: number, green: number, blue: number];

const palette: readonly Rgb[] = [
  [86, 180, 233], // sky blue
  [240, 152, 20], // orange
  [0, 183, 133], // bluish green
  [231, 125, 178], // reddish purple
  [240, 228, 66], // yellow
  [230, 92, 35], // vermillion
  [60, 125, 225], // blue
  [166, 226, 78], // lime
  [168, 139, 250], // lavender
  [0, 199, 204], // teal
  [194, 143, 84], // sand
  [250, 128, 128], // rose
];

export function objectRgb(colorIndex: number): Rgb {
  return palette[colorIndex] ?? hueToRgb((colorIndex * 137.508) % 360);
}

export function objectColor(colorIndex: number): string {
  return `rgb(${objectRgb(colorIndex).join(' ')})`;
}

/** HSL with 72 % saturation and 62 % lightness. */
function hueToRgb(hue: number): Rgb {
  const chroma = 0.72 * Math.min(0.62, 1 - 0.62);
  const channel = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    return Math.round(255 * (0.62 - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

/** Colours to choose from: those that are told apart by every eye. */
export const paletteSize = palette.length;
