/** How a person looks at it: selection, tool, theme. */
import type { ObjectId, PointLabel } from '../../workers/protocol/prompt';
import type { CustomCombos } from './keymap';

export type Tool = 'select' | 'point' | 'box' | 'brush' | 'eraser' | 'lasso';
/** How masks are seen: over the frame, as lines, white on black, or the objects without their surroundings. */
export type MaskLook = 'overlay' | 'outline' | 'matte' | 'cutout';
/** What stands left of the divider, to be compared: nothing, the picture alone, or the masks of before. */
export type Comparison = 'off' | 'picture' | 'before';
export type Theme = 'auto' | 'dark' | 'light';
export type Language = 'en' | 'de';

/** What a person is asked before something is lost. */
export type Question = 'replace-work' | 'discard-recording';

export type ViewState = {
  selectedObject: ObjectId | null;
  /** Index of the point on the frame shown that Delete removes. */
  selectedPoint: number | null;
  tool: Tool;
  /** What a plain click adds; the other mouse button and Alt or Shift give the opposite. */
  pointLabel: PointLabel;
  /** Diameter, video pixels. */
  brushSize: number;
  /** 0 to 1: the share of its radius that takes every pixel; the rim goes as far as the picture stays the same. */
  brushHardness: number;
  /** The object under the pointer. */
  hoveredObject: ObjectId | null;
  /** The point of the video in the middle, CSS pixels per video pixel; null shows the whole video. */
  zoom: { scale: number; xNorm: number; yNorm: number } | null;
  /** The scale that shows the whole video, as the stage is now. */
  fitScale: number;
  maskLook: MaskLook;
  /** Of all masks, 0 to 1. */
  maskOpacity: number;
  /** The frame without its masks, to compare. */
  isMaskHidden: boolean;
  comparison: Comparison;
  /** Where the divider stands, 0 to 1 of the stage's width. */
  dividerAt: number;
  /** Outlines of the selected object on the frames before and after. */
  hasOnionSkin: boolean;
  /** The key that moves the view while it is held; when it was not used for that, it plays. */
  panKey: 'up' | 'down' | 'used';
  theme: Theme;
  /** Of the words on the page. */
  language: Language;
  /** The keyboard's crosshair over the frame, once it was moved. */
  cursor: { xNorm: number; yNorm: number } | null;
  isShortcutSheetOpen: boolean;
  isModelsOpen: boolean;
  /** WCAG 2.1.4: single-key shortcuts can be turned off. */
  hasSingleKeyShortcuts: boolean;
  /** Keys of the person's own. */
  customCombos: CustomCombos;
  isPaletteOpen: boolean;
  isExportOpen: boolean;
  question: Question | null;
  /** On a narrow screen the panel is a sheet. */
  isPanelOpen: boolean;
};

export const viewAtStart: ViewState = {
  selectedObject: null,
  selectedPoint: null,
  tool: 'point',
  pointLabel: 1,
  brushSize: 40,
  brushHardness: 1,
  hoveredObject: null,
  zoom: null,
  fitScale: 1,
  maskLook: 'overlay',
  maskOpacity: 1,
  isMaskHidden: false,
  comparison: 'off',
  dividerAt: 0.5,
  hasOnionSkin: false,
  panKey: 'up',
  theme: 'auto',
  language: 'en',
  cursor: null,
  isShortcutSheetOpen: false,
  isModelsOpen: false,
  hasSingleKeyShortcuts: true,
  customCombos: {},
  isPaletteOpen: false,
  isExportOpen: false,
  question: null,
  isPanelOpen: false,
};

export const themes: readonly Theme[] = ['auto', 'light', 'dark'];
export const languages: readonly Language[] = ['en', 'de'];
export const comparisons: readonly Comparison[] = ['off', 'picture', 'before'];

export const maskLooks: readonly MaskLook[] = ['overlay', 'outline', 'matte', 'cutout'];

const smallestBrush = 1;
const largestBrush = 2000;

/** The next size of the brush: steps grow with it. */
export function steppedBrush(size: number, isLarger: boolean): number {
  const step = Math.max(1, Math.round(size * 0.2));
  return Math.max(smallestBrush, Math.min(largestBrush, size + (isLarger ? step : -step)));
}

/** By quarters. */
export function steppedHardness(hardness: number, isHarder: boolean): number {
  return Math.max(0, Math.min(1, (Math.round(hardness * 4) + (isHarder ? 1 : -1)) / 4));
}

/** The view nearer (above 1) or further off, around its middle. */
export function zoomedBy({ zoom, fitScale }: Pick<ViewState, 'zoom' | 'fitScale'>, factor: number): ViewState['zoom'] {
  const { scale, ...middle } = zoom ?? { scale: fitScale, xNorm: 0.5, yNorm: 0.5 };
  return { ...middle, scale: Math.max(fitScale / 4, Math.min(largestScale, scale * factor)) };
}

/** A video pixel is at most so many CSS pixels wide. */
export const largestScale = 40;
