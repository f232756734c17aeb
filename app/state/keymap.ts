/** The page's keys: one table for what they do and for the sheet that lists them. */

export type ShortcutSection = 'playback' | 'prompting' | 'objects' | 'tracking' | 'view' | 'page';

export type ShortcutId =
  | 'play-pause'
  | 'frame-back'
  | 'frame-forward'
  | 'ten-back'
  | 'ten-forward'
  | 'mute'
  | 'first-frame'
  | 'last-frame'
  | 'set-in'
  | 'set-out'
  | 'clear-range'
  | 'loop'
  | 'go-to-frame'
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
  | 'softer-brush'
  | 'harder-brush'
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
  | 'compare'
  | 'record-camera'
  | 'record-screen'
  | 'palette'
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
  { id: 'mute', section: 'playback', combos: [{ key: 'u' }] },
  { id: 'first-frame', section: 'playback', combos: [{ key: 'Home' }] },
  { id: 'last-frame', section: 'playback', combos: [{ key: 'End' }] },
  { id: 'set-in', section: 'playback', combos: [{ key: 'i' }] },
  { id: 'set-out', section: 'playback', combos: [{ key: 'o' }] },
  { id: 'clear-range', section: 'playback', combos: [{ key: 'i', isShift: true }] },
  { id: 'loop', section: 'playback', combos: [{ key: 'r' }] },
  { id: 'go-to-frame', section: 'playback', combos: [{ key: 'g' }] },
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
  { id: 'softer-brush', section: 'prompting', combos: [{ key: '{' }] },
  { id: 'harder-brush', section: 'prompting', combos: [{ key: '}' }] },
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
  { id: 'compare', section: 'view', combos: [{ key: 'y' }] },
  { id: 'undo', section: 'page', combos: [{ key: 'z', isMod: true }] },
  {
    id: 'redo',
    section: 'page',
    combos: [
      { key: 'z', isShift: true, isMod: true },
      { key: 'y', isMod: true },
    ],
  },
  { id: 'record-camera', section: 'page', combos: [] },
  { id: 'record-screen', section: 'page', combos: [] },
  { id: 'palette', section: 'page', combos: [{ key: 'k', isMod: true }] },
  { id: 'help', section: 'page', combos: [{ key: '?' }] },
];

/** Those that need no open video. */
export const alwaysThere: ReadonlySet<ShortcutId> = new Set(['record-camera', 'record-screen', 'palette', 'help']);

type KeyPress = Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey'>;

/** Combinations of a person's own choice, in place of those in the table. */
export type CustomCombos = Readonly<Partial<Record<ShortcutId, readonly Combo[]>>>;

export function combosOf(id: ShortcutId, custom: CustomCombos): readonly Combo[] {
  return custom[id] ?? shortcuts.find((shortcut) => shortcut.id === id)!.combos;
}

/**
 * The shortcut of a key press; the browser's own combinations are left alone.
 * @param hasSingleKeys false leaves out letters, digits and signs (WCAG 2.1.4)
 */
export function findShortcut(press: KeyPress, hasSingleKeys: boolean, custom: CustomCombos = {}): ShortcutId | null {
  if (press.altKey) return null;
  if (isCharacter(press.key) && !press.ctrlKey && !press.metaKey && !hasSingleKeys) return null;
  const found = shortcuts.find(({ id }) => combosOf(id, custom).some((combo) => isPressed(combo, press)));
  return found?.id ?? null;
}

/** What may be bound to a command; null for keys that have a meaning of their own, and for modifiers alone. */
export function comboOf(press: KeyPress): Combo | null {
  const isTaken = /^(Alt|Control|Meta|Shift|Tab|Enter|Escape|Dead|Unidentified|[1-9])$/.test(press.key);
  return isTaken || press.altKey ? null : withoutModifiers(press);
}

/** Gives a combination to a command, alone, and takes it from whichever had it. */
export function rebind(custom: CustomCombos, id: ShortcutId, combo: Combo): CustomCombos {
  const losers = shortcuts.filter((other) => combosOf(other.id, custom).some((theirs) => isSame(theirs, combo)));
  const rest: CustomCombos = Object.fromEntries(
    losers.map((other) => [other.id, combosOf(other.id, custom).filter((theirs) => !isSame(theirs, combo))]),
  );
  return { ...custom, ...rest, [id]: [combo] };
}

function isCharacter(key: string): boolean {
  return key.length === 1 && key !== ' ';
}

function withoutModifiers({ key, shiftKey, ctrlKey, metaKey }: KeyPress): Combo {
  const isMod = ctrlKey || metaKey;
  const plain = isCharacter(key) ? key.toLowerCase() : key;
  return { key: plain, ...(shiftKey && !isSign(plain) ? { isShift: true } : {}), ...(isMod ? { isMod } : {}) };
}

/** Where a sign lies behind Shift depends on the keyboard. */
function isSign(key: string): boolean {
  return isCharacter(key) && !/[a-z]/.test(key);
}

function isPressed(combo: Combo, press: KeyPress): boolean {
  if (combo.code === undefined) return isSame(combo, withoutModifiers(press));
  const isMod = press.ctrlKey || press.metaKey;
  // Where digits lie behind Shift they are digits.
  return combo.code === press.code && press.shiftKey && (combo.isMod ?? false) === isMod && !/\d/.test(press.key);
}

function isSame(a: Combo, b: Combo): boolean {
  const isShiftSame = isSign(a.key) || (a.isShift ?? false) === (b.isShift ?? false);
  return a.key === b.key && a.code === b.code && (a.isMod ?? false) === (b.isMod ?? false) && isShiftSame;
}
