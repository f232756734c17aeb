/**
 * Every format that masks are saved in: what the page, scripts and the export worker need to know of it. Its writer is
 * `workers/export/formats/<id>.format.ts`; its words stand in the catalogues under `exporting`.
 */

export type FormatInfo = {
  /** In the list of formats. */
  group: 'pictures' | 'labels';
  /** `zip` for several files. */
  extension: 'zip' | 'json' | 'xml';
  mime: string;
  /** Added to the video's name: `clip-masks.zip`. */
  suffix: string;
  /** Whether reading it back gives the same masks, to the pixel; overlapping ones with `keepsOverlaps` only. */
  isLossless: boolean;
  /** Whether a pixel may belong to several objects. Where not, the later object in the list is kept. */
  keepsOverlaps: boolean;
};

const zip = { extension: 'zip', mime: 'application/zip' } as const;
const json = { extension: 'json', mime: 'application/json' } as const;

export const exportFormats = {
  'png-zip': { ...zip, group: 'pictures', suffix: 'masks', isLossless: true, keepsOverlaps: true },
  'matte-zip': { ...zip, group: 'pictures', suffix: 'mattes', isLossless: false, keepsOverlaps: true },
  coco: { ...json, group: 'labels', suffix: 'coco', isLossless: true, keepsOverlaps: true },
  davis: { ...zip, group: 'labels', suffix: 'davis', isLossless: true, keepsOverlaps: false },
  'youtube-vos': { ...zip, group: 'labels', suffix: 'youtube-vos', isLossless: true, keepsOverlaps: false },
  'youtube-vis': { ...json, group: 'labels', suffix: 'youtube-vis', isLossless: true, keepsOverlaps: true },
  mots: { ...zip, group: 'labels', suffix: 'mots', isLossless: true, keepsOverlaps: false },
  'sa-v': { ...zip, group: 'labels', suffix: 'sa-v', isLossless: true, keepsOverlaps: true },
  cvat: {
    extension: 'xml',
    mime: 'application/xml',
    group: 'labels',
    suffix: 'cvat',
    isLossless: true,
    keepsOverlaps: true,
  },
  labelme: { ...zip, group: 'labels', suffix: 'labelme', isLossless: true, keepsOverlaps: true },
  'yolo-seg': { ...zip, group: 'labels', suffix: 'yolo', isLossless: false, keepsOverlaps: true },
  svg: { ...zip, group: 'pictures', suffix: 'outlines', isLossless: true, keepsOverlaps: true },
  burst: { ...json, group: 'labels', suffix: 'burst', isLossless: true, keepsOverlaps: true },
  datumaro: { ...json, group: 'labels', suffix: 'datumaro', isLossless: true, keepsOverlaps: true },
  voc: { ...zip, group: 'labels', suffix: 'voc', isLossless: true, keepsOverlaps: false },
} as const satisfies Record<string, FormatInfo>;

export type ExportFormat = keyof typeof exportFormats;

export const exportFormatIds = Object.keys(exportFormats) as ExportFormat[];
