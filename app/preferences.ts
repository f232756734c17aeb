/** What the page remembers of how a person likes it: theme and single-key shortcuts. */
import { watch, type AppStore } from './state/store';
import type { Theme, ViewState } from './state/view';

const storageKey = 'masklet.preferences';

type Preferences = Pick<ViewState, 'theme' | 'hasSingleKeyShortcuts'>;

export function readPreferences(): Partial<Preferences> {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Record<string, unknown>;
    return {
      ...(isTheme(stored['theme']) ? { theme: stored['theme'] } : {}),
      ...(stored['hasSingleKeyShortcuts'] === false ? { hasSingleKeyShortcuts: false } : {}),
    };
  } catch {
    // Storage may be off; then nothing is remembered.
    return {};
  }
}

/** Applies the theme, now and whenever it changes, and remembers the rest. */
export function keepPreferences(store: AppStore): void {
  const apply = ({ theme, hasSingleKeyShortcuts }: ViewState) => {
    if (theme === 'auto') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
    try {
      localStorage.setItem(storageKey, JSON.stringify({ theme, hasSingleKeyShortcuts } satisfies Preferences));
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
