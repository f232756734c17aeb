/** The page's keys: one table for what they do and for the sheet that lists them. */

export type ShortcutSection = 'playback' | 'prompting' | 'objects' | 'tracking' | 'view' | 'page';

export type ShortcutId =
  | 'play-pause'
  | 'frame-back'
  | 'frame-forward'
  | 'ten-back'
  | 'ten-forward'
  | 'first-frame'
  | 'last-frame'
  | 'previous-prompted'
  | 'next-prompted'
  | 'select-tool'
  | 'point-tool'
  | 'box-tool'
  | 'brush-tool'
  | 'eraser-tool'
  | 'lasso-tool'
  | 'smaller-brush'
  | 'larger-brush'
  | 'copy-mask'
  | 'paste-mask'
  | 'lock-frame'
  | 'remove-prompt'
  | 'select-object'
  | 'object-up'
  | 'object-down'
  | 'new-object'
  | 'track-both'
  | 'track-forward'
  | 'track-backward'
  | 'track-one-forward'
  | 'track-one-back'
  | 'cancel'
  | 'next-stop'
  | 'previous-stop'
  | 'looks-right'
  | 'undo'
  | 'redo'
  | 'zoom-fit'
  | 'zoom-actual'
  | 'zoom-in'
  | 'zoom-out'
  | 'hide-masks'
  | 'next-look'
  | 'onion-skin'
  | 'help';

/**
 * `KeyboardEvent.key`, letters in lower case; `isMod` is Ctrl, or Command on a Mac. A digit with Shift is found by its
 * `code`: what it writes depends on the keyboard.
 */
export type Combo = { key: string; isShift?: boolean; isMod?: boolean; code?: string };

export type Shortcut = { id: ShortcutId; section: ShortcutSection; combos: readonly Combo[] };

const digits: Combo[] = Array.from({ length: 9 }, (_, n) => ({ key: String(n + 1) }));

export const shortcuts: readonly Shortcut[] = [
  { id: 'play-pause', section: 'playback', combos: [{ key: ' ' }, { key: 'k' }] },
  { id: 'frame-back', section: 'playback', combos: [{ key: 'ArrowLeft' }, { key: ',' }] },
  { id: 'frame-forward', section: 'playback', combos: [{ key: 'ArrowRight' }, { key: '.' }] },
  { id: 'ten-back', section: 'playback', combos: [{ key: 'ArrowLeft', isShift: true }] },
  { id: 'ten-forward', section: 'playback', combos: [{ key: 'ArrowRight', isShift: true }] },
  { id: 'first-frame', section: 'playback', combos: [{ key: 'Home' }] },
  { id: 'last-frame', section: 'playback', combos: [{ key: 'End' }] },
  { id: 'previous-prompted', section: 'playback', combos: [{ key: 'PageUp' }] },
  { id: 'next-prompted', section: 'playback', combos: [{ key: 'PageDown' }] },
  { id: 'select-tool', section: 'prompting', combos: [{ key: 'v' }] },
  { id: 'point-tool', section: 'prompting', combos: [{ key: 'p' }] },
  { id: 'box-tool', section: 'prompting', combos: [{ key: 'b' }] },
  { id: 'brush-tool', section: 'prompting', combos: [{ key: 'm' }] },
  { id: 'eraser-tool', section: 'prompting', combos: [{ key: 'e' }] },
  { id: 'lasso-tool', section: 'prompting', combos: [{ key: 'a' }] },
  { id: 'smaller-brush', section: 'prompting', combos: [{ key: '[' }] },
  { id: 'larger-brush', section: 'prompting', combos: [{ key: ']' }] },
  { id: 'copy-mask', section: 'prompting', combos: [{ key: 'c', isMod: true }] },
  { id: 'paste-mask', section: 'prompting', combos: [{ key: 'v', isMod: true }] },
  { id: 'lock-frame', section: 'prompting', combos: [{ key: 'l', isShift: true }] },
  { id: 'remove-prompt', section: 'prompting', combos: [{ key: 'Delete' }, { key: 'Backspace' }] },
  { id: 'select-object', section: 'objects', combos: digits },
  { id: 'object-up', section: 'objects', combos: [{ key: 'ArrowUp' }] },
  { id: 'object-down', section: 'objects', combos: [{ key: 'ArrowDown' }] },
  { id: 'new-object', section: 'objects', combos: [{ key: 'n' }] },
  { id: 'track-both', section: 'tracking', combos: [{ key: 't' }] },
  { id: 'track-forward', section: 'tracking', combos: [{ key: 'f', isShift: true }] },
  { id: 'track-backward', section: 'tracking', combos: [{ key: 'b', isShift: true }] },
  { id: 'track-one-forward', section: 'tracking', combos: [{ key: '>' }] },
  { id: 'track-one-back', section: 'tracking', combos: [{ key: '<' }] },
  { id: 'next-stop', section: 'tracking', combos: [{ key: 'j' }] },
  { id: 'previous-stop', section: 'tracking', combos: [{ key: 'j', isShift: true }] },
  { id: 'looks-right', section: 'tracking', combos: [{ key: 'l' }] },
  { id: 'cancel', section: 'tracking', combos: [{ key: 'Escape' }] },
  { id: 'zoom-fit', section: 'view', combos: [{ key: '1', isShift: true, code: 'Digit1' }] },
  { id: 'zoom-actual', section: 'view', combos: [{ key: '0', isShift: true, code: 'Digit0' }] },
  { id: 'zoom-in', section: 'view', combos: [{ key: '+' }, { key: '=' }] },
  { id: 'zoom-out', section: 'view', combos: [{ key: '-' }] },
  { id: 'hide-masks', section: 'view', combos: [{ key: 'h' }] },
  { id: 'next-look', section: 'view', combos: [{ key: 'q' }] },
  { id: 'onion-skin', section: 'view', combos: [{ key: 'o', isShift: true }] },
  { id: 'undo', section: 'page', combos: [{ key: 'z', isMod: true }] },
  {
    id: 'redo',
    section: 'page',
    combos: [
      { key: 'z', isShift: true, isMod: true },
      { key: 'y', isMod: true },
    ],
  },
  { id: 'help', section: 'page', combos: [{ key: '?' }] },
];

type KeyPress = Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey'>;

/**
 * The shortcut of a key press; the browser's own combinations are left alone.
 * @param hasSingleKeys false leaves out letters, digits and signs (WCAG 2.1.4)
 */
export function findShortcut(press: KeyPress, hasSingleKeys: boolean): ShortcutId | null {
  if (press.altKey) return null;
  const isMod = press.ctrlKey || press.metaKey;
  const isCharacter = press.key.length === 1 && press.key !== ' ';
  if (isCharacter && !isMod && !hasSingleKeys) return null;
  const key = isCharacter ? press.key.toLowerCase() : press.key;
  // Where a sign lies behind Shift depends on the keyboard.
  const isSign = isCharacter && !/[a-z]/.test(key);
  const found = shortcuts.find(({ combos }) =>
    combos.some((combo) => {
      if ((combo.isMod ?? false) !== isMod) return false;
      if (combo.code) return combo.code === press.code && press.shiftKey && !/\d/.test(key);
      return combo.key === key && (isSign || (combo.isShift ?? false) === press.shiftKey);
    }),
  );
  return found?.id ?? null;
}

const keyNames: Record<string, string> = {
  ' ': 'Space',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  PageUp: 'Page Up',
  PageDown: 'Page Down',
  Escape: 'Esc',
};

/** How a combination is written on keys. */
export function keysOf({ key, isShift, isMod }: Combo): string[] {
  const name = keyNames[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  return [...(isMod ? ['Ctrl'] : []), ...(isShift ? ['Shift'] : []), name];
}
