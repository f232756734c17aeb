/** What the page remembers of how a person likes it: theme, language, keys, the model and where models come from. */
import { firstKnown } from './messages/language-tag';
import { shortcuts, type Combo, type CustomCombos } from './state/keymap';
import type { MeasuredSpeeds } from './state/model-speed';
import type { ModelsState } from './state/models';
import { watch, type AppStore } from './state/store';
import { languages, themes, type ViewState } from './state/view';

const storageKey = 'masklet.preferences';

type Preferences = {
  view: Partial<Pick<ViewState, 'theme' | 'language' | 'hasSingleKeyShortcuts' | 'customCombos'>>;
  models: Partial<Pick<ModelsState, 'hubUrl' | 'speeds'>>;
  /** A model whose weights this browser keeps; null for the embedded one. */
  model: { name: string; imageSize: number | null } | null;
};

export function readPreferences(): Preferences {
  const { theme, language, hasSingleKeyShortcuts, customCombos, hubUrl, speeds, model } = readStored();
  const { name, imageSize } = (model ?? {}) as Record<string, unknown>;
  return {
    view: {
      theme: themes.find((known) => known === theme) ?? 'auto',
      language: languages.find((known) => known === language) ?? firstKnown(languagesOf(navigator), languages) ?? 'en',
      ...(hasSingleKeyShortcuts === false ? { hasSingleKeyShortcuts: false } : {}),
      customCombos: asCombos(customCombos),
    },
    models: {
      ...(typeof hubUrl === 'string' && URL.canParse(hubUrl) ? { hubUrl } : {}),
      speeds: asSpeeds(speeds),
    },
    model: typeof name === 'string' ? { name, imageSize: typeof imageSize === 'number' ? imageSize : null } : null,
  };
}

/** The model to begin with the next time. */
export function rememberModel(model: Preferences['model']): void {
  remember({ model });
}

/** Applies the theme, now and whenever it changes, and remembers the rest. */
export function keepPreferences(store: AppStore): void {
  const apply = ({ theme, hasSingleKeyShortcuts, customCombos }: ViewState) => {
    if (theme === 'auto') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
    remember({ theme, hasSingleKeyShortcuts, customCombos });
  };
  apply(store.getState().view);
  watch(store, (state) => state.view, apply);
  // Only once it was chosen: until then the browser's own list decides.
  watch(
    store,
    (state) => state.view.language,
    (language) => remember({ language }),
  );
  watch(
    store,
    (state) => state.models.speeds,
    (speeds) => remember({ speeds }),
  );
  watch(
    store,
    (state) => state.models.hubUrl,
    (hubUrl) => remember({ hubUrl }),
  );
}

function asSpeeds(stored: unknown): MeasuredSpeeds {
  const entries = Object.entries(stored !== null && typeof stored === 'object' ? stored : {});
  return Object.fromEntries(entries.filter(([, ms]) => typeof ms === 'number' && ms > 0)) as MeasuredSpeeds;
}

function readStored(): Record<string, unknown> {
  try {
    return (JSON.parse(localStorage.getItem(storageKey) ?? '{}') ?? {}) as Record<string, unknown>;
  } catch {
    // Storage may be off; then nothing is remembered.
    return {};
  }
}

function remember(fields: Record<string, unknown>): void {
  try {
    localStorage.setItem(storageKey, JSON.stringify({ ...readStored(), ...fields }));
  } catch {
    // As above.
  }
}

/** What the browser says may be no list, and hold what is no language. */
function languagesOf({
  languages: list,
  language,
}: Partial<Pick<Navigator, 'languages' | 'language'>>): readonly unknown[] {
  return Array.isArray(list) && list.length > 0 ? list : [language];
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
