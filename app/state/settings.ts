/** Choices that hold for all objects. Undoable. */
import { usualSettings, type TrackerSettings } from '../../workers/protocol/segment-contract';

export type SettingsState = TrackerSettings & {
  /** After a correction, only what it changes is tracked again. */
  isAffectedOnly: boolean;
};

export const settingsAtStart: SettingsState = { ...usualSettings, isAffectedOnly: true };

/** In the page: who follows two objects means that a pixel is one of them. */
export const pageSettings: SettingsState = { ...settingsAtStart, nonOverlapping: true };

/** What the segment worker is told of them. */
export function trackerSettings({ isAffectedOnly: _pages, ...settings }: SettingsState): TrackerSettings {
  return settings;
}
