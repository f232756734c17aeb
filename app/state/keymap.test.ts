import { expect, it } from 'vitest';
import { comboOf, combosOf, findShortcut, rebind, shortcuts } from './keymap';

const press = (key: string, modifiers: Partial<KeyboardEvent> = {}) => ({
  key,
  code: '',
  shiftKey: false,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  ...modifiers,
});

it('finds shortcuts, with and without Shift, on any keyboard', () => {
  expect(findShortcut(press(' '), true)).toBe('play-pause');
  expect(findShortcut(press('b'), true)).toBe('box-tool');
  expect(findShortcut(press('B', { shiftKey: true }), true)).toBe('track-backward');
  expect(findShortcut(press('ArrowLeft'), true)).toBe('frame-back');
  expect(findShortcut(press('ArrowLeft', { shiftKey: true }), true)).toBe('ten-back');
  // On one keyboard it lies behind Shift, on another it does not.
  expect(findShortcut(press('?', { shiftKey: true }), true)).toBe('help');
  expect(findShortcut(press('?'), true)).toBe('help');
  expect(findShortcut(press('7'), true)).toBe('select-object');
  expect(findShortcut(press('!', { code: 'Digit1', shiftKey: true }), true)).toBe('zoom-fit');
  expect(findShortcut(press('1', { code: 'Digit1', shiftKey: true }), true)).toBe('select-object');
  expect(findShortcut(press('ß'), true)).toBeNull();
});

it("leaves the browser's combinations alone", () => {
  expect(findShortcut(press('t', { ctrlKey: true }), true)).toBeNull();
  expect(findShortcut(press('ArrowLeft', { altKey: true }), true)).toBeNull();
  expect(findShortcut(press('n', { metaKey: true }), true)).toBeNull();
});

it('takes undo and redo with Ctrl or Command, single keys or not', () => {
  expect(findShortcut(press('z', { ctrlKey: true }), false)).toBe('undo');
  expect(findShortcut(press('Z', { metaKey: true, shiftKey: true }), true)).toBe('redo');
  expect(findShortcut(press('y', { ctrlKey: true }), true)).toBe('redo');
  expect(findShortcut(press('z'), true)).toBeNull();
});

it('can do without single characters', () => {
  expect(findShortcut(press('t'), false)).toBeNull();
  expect(findShortcut(press('3'), false)).toBeNull();
  expect(findShortcut(press('ArrowRight'), false)).toBe('frame-forward');
  expect(findShortcut(press('Escape'), false)).toBe('cancel');
});

it('has no combination twice', () => {
  const all = shortcuts.flatMap(({ combos }) => combos.map(({ key, isShift, isMod }) => `${key} ${isShift} ${isMod}`));
  expect(new Set(all).size).toBe(all.length);
});

it("binds a command to other keys, which are nobody else's then", () => {
  const combo = comboOf(press('T', { shiftKey: true, ctrlKey: true }))!;
  expect(combo).toEqual({ key: 't', isShift: true, isMod: true });
  const custom = rebind(rebind({}, 'new-object', combo), 'help', comboOf(press('k'))!);
  expect(findShortcut(press('T', { shiftKey: true, metaKey: true }), true, custom)).toBe('new-object');
  expect(findShortcut(press('n'), true, custom)).toBeNull();
  expect(findShortcut(press('k'), true, custom)).toBe('help');
  // It keeps its other key.
  expect(findShortcut(press(' '), true, custom)).toBe('play-pause');
  expect(combosOf('play-pause', custom)).toEqual([{ key: ' ' }]);
  for (const taken of ['Shift', 'Escape', 'Enter', 'Tab', '4']) expect(comboOf(press(taken))).toBeNull();
  expect(comboOf(press('a', { altKey: true }))).toBeNull();
});
