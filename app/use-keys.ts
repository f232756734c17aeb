import { useAppState } from './app-context';
import { combosOf, keysOf, type ShortcutId } from './state/keymap';

/** How the first of a command's combinations is written, for tooltips; none where it has none. */
export function useKeys(): (id: ShortcutId) => readonly string[] {
  const custom = useAppState((state) => state.view.customCombos);
  return (id) => {
    const [combo] = combosOf(id, custom);
    return combo ? keysOf(combo) : [];
  };
}
