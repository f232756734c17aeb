/** The export in progress. */
import type { ExportFormat } from '../../workers/protocol/export-contract';

export type ExportingState = {
  run: { format: ExportFormat; done: number; total: number } | null;
  /** File name of the last one that was saved. */
  savedAs: string | null;
};

export const noExport: ExportingState = { run: null, savedAs: null };
