/** What the page remembers of how a person likes it: theme and keys. */
import { shortcuts, type Combo, type CustomCombos } from './state/keymap';
import { watch, type AppStore } from './state/store';
import type { Theme, ViewState } from './state/view';

const storageKey = 'masklet.preferences';

type Preferences = Pick<ViewState, 'theme' | 'hasSingleKeyShortcuts' | 'customCombos'>;

export function readPreferences(): Partial<Preferences> {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Record<string, unknown>;
    return {
      ...(isTheme(stored['theme']) ? { theme: stored['theme'] } : {}),
      ...(stored['hasSingleKeyShortcuts'] === false ? { hasSingleKeyShortcuts: false } : {}),
      customCombos: asCombos(stored['customCombos']),
    };
  } catch {
    // Storage may be off; then nothing is remembered.
    return {};
  }
}

/** Applies the theme, now and whenever it changes, and remembers the rest. */
export function keepPreferences(store: AppStore): void {
  const apply = ({ theme, hasSingleKeyShortcuts, customCombos }: ViewState) => {
    if (theme === 'auto') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
    try {
      const preferences: Preferences = { theme, hasSingleKeyShortcuts, customCombos };
      localStorage.setItem(storageKey, JSON.stringify(preferences));
    } catch {
      // As above.
    }
  };
  apply(store.getState().view);
  watch(store, (state) => state.view, apply);
}

function isTheme(value: unknown): value is Theme {
  return value === 'auto' || value === 'dark' || value === 'light';
}

/** Commands may have come and gone since. */
function asCombos(value: unknown): CustomCombos {
  if (typeof value !== 'object' || value === null) return {};
  const known = shortcuts.map(({ id }) => [id, (value as Record<string, unknown>)[id]] as const);
  return Object.fromEntries(known.filter(([, combos]) => Array.isArray(combos) && combos.every(isCombo)));
}

function isCombo(value: unknown): value is Combo {
  if (typeof value !== 'object' || value === null) return false;
  const { key, isShift, isMod } = value as Record<string, unknown>;
  const isFlag = (flag: unknown) => flag === undefined || typeof flag === 'boolean';
  return typeof key === 'string' && isFlag(isShift) && isFlag(isMod);
}
