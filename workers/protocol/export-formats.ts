/**
 * Every format that masks are saved in: what the page, scripts and the export worker need to know of it. Its writer is
 * `workers/export/formats/<id>.format.ts`; its words stand in the catalogues under `exporting`.
 */

export type FormatInfo = {
  /** In the list of formats. */
  group: 'pictures' | 'labels';
  /** `zip` for several files. */
  extension: 'zip' | 'json';
  mime: string;
  /** Added to the video's name: `clip-masks.zip`. */
  suffix: string;
  /** Whether reading it back gives the same masks, to the pixel. */
  isLossless: boolean;
};

export const exportFormats = {
  'png-zip': { group: 'pictures', extension: 'zip', mime: 'application/zip', suffix: 'masks', isLossless: true },
  'matte-zip': { group: 'pictures', extension: 'zip', mime: 'application/zip', suffix: 'mattes', isLossless: false },
  coco: { group: 'labels', extension: 'json', mime: 'application/json', suffix: 'coco', isLossless: true },
} as const satisfies Record<string, FormatInfo>;

export type ExportFormat = keyof typeof exportFormats;

export const exportFormatIds = Object.keys(exportFormats) as ExportFormat[];
