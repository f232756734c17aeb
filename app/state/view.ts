/** How a person looks at it: selection, tool, theme. */
import type { ObjectId, PointLabel } from '../../workers/protocol/prompt';

export type Tool = 'point' | 'box';
export type Theme = 'auto' | 'dark' | 'light';

export type ViewState = {
  selectedObject: ObjectId | null;
  /** Index of the point on the frame shown that Delete removes. */
  selectedPoint: number | null;
  tool: Tool;
  /** What a plain click adds; the other mouse button and Alt or Shift give the opposite. */
  pointLabel: PointLabel;
  theme: Theme;
  /** The keyboard's crosshair over the frame, once it was moved. */
  cursor: { xNorm: number; yNorm: number } | null;
  isShortcutSheetOpen: boolean;
  /** WCAG 2.1.4: single-key shortcuts can be turned off. */
  hasSingleKeyShortcuts: boolean;
  /** On a narrow screen the panel is a sheet. */
  isPanelOpen: boolean;
};

export const viewAtStart: ViewState = {
  selectedObject: null,
  selectedPoint: null,
  tool: 'point',
  pointLabel: 1,
  theme: 'auto',
  cursor: null,
  isShortcutSheetOpen: false,
  hasSingleKeyShortcuts: true,
  isPanelOpen: false,
};
