/** How combinations of keys are written, as a keyboard of the language has them. */
import { useAppState } from './app-context';
import { t } from './messages/messages';
import { combosOf, type Combo, type ShortcutId } from './state/keymap';

/** The first of a command's combinations, for tooltips; none where it has none. */
export function useKeys(): (id: ShortcutId) => readonly string[] {
  const custom = useAppState((state) => state.view.customCombos);
  return (id) => {
    const [combo] = combosOf(id, custom);
    return combo ? keysOf(combo) : [];
  };
}

export function keysOf({ key, isShift, isMod }: Combo): string[] {
  const names: Readonly<Record<string, string | undefined>> = t.keys;
  const name = names[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  return [...(isMod ? [t.keys.Control] : []), ...(isShift ? [t.keys.Shift] : []), name];
}
