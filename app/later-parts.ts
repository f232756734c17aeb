/** What nobody sees at once comes later. */
import { lazyPart } from './lazy-part';

export const Workbench = lazyPart(() => import('./Workbench'), 'Workbench');
export const CommandPalette = lazyPart(() => import('./shortcuts/CommandPalette'), 'CommandPalette');
export const ShortcutSheet = lazyPart(() => import('./shortcuts/ShortcutSheet'), 'ShortcutSheet');
export const RecordingSheet = lazyPart(() => import('./import-export/RecordingSheet'), 'RecordingSheet');
export const ModelsSheet = lazyPart(() => import('./models/ModelsSheet'), 'ModelsSheet');

/** One after the other, so that they are here when they are needed, even without a network by then. */
export async function fetchPartsAhead(): Promise<void> {
  for (const { fetchAhead } of [Workbench, CommandPalette, ModelsSheet, ShortcutSheet, RecordingSheet]) {
    await fetchAhead();
  }
}
