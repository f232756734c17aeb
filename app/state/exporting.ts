/** The export in progress. */
import type { ExportFormat } from '../../workers/protocol/export-formats';
import type { SavedWork } from './unsaved';

export type ExportingState = {
  /** What is saved by the button, and tried again. */
  format: ExportFormat;
  run: { format: ExportFormat; done: number; total: number } | null;
  /** File name of the last one that was saved. */
  savedAs: string | null;
  /** What the last one was made of. */
  saved: SavedWork | null;
};

export const noExport: ExportingState = { format: 'png-zip', run: null, savedAs: null, saved: null };
