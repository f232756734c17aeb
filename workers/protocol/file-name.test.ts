import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cutToBytes, safeFileName } from './file-name';

it('keeps what any system takes', () => {
  const name = (text: string) => safeFileName(text, 'video');
  expect(['clip', 'Ёлка & Café 2', '木々', 'a.b'].map(name)).toEqual(['clip', 'Ёлка & Café 2', '木々', 'a.b']);
  expect(name('a/b\\c:d*e?"f"<g>|h')).toBe('a-b-c-d-e-f-g-h');
  expect(name(' ..name. . ')).toBe('name');
  expect(name('tab\there\u0000\u202E\nend')).toBe('tabhereend');
  expect(['con', 'NUL', 'Com1', 'lpt³', 'aux.tar', 'console', 'com10'].map(name)).toEqual([
    'con_',
    'NUL_',
    'Com1_',
    'lpt³_',
    'aux_.tar',
    'console',
    'com10',
  ]);
  expect(['', '...', '/', '\u0007'].map(name)).toEqual(['video', 'video', '-', 'video']);
  expect(name('x'.repeat(300))).toHaveLength(160);
  expect(new TextEncoder().encode(name('木'.repeat(300)))).toHaveLength(159);
  // A letter and its marks stay together.
  expect(cutToBytes('a👩‍👩‍👧b', 10)).toBe('a');
});

it('is safe whatever the text, and the same the second time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const name = safeFileName(text, 'video');
      expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(161);
      expect(name).toMatch(/^[^<>:"/\\|?*\p{Control}\p{Surrogate}]+$/u);
      expect(name).not.toMatch(/^[\s.]|[\s.]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
      expect(safeFileName(name, 'video')).toBe(name);
    }),
    { numRuns: 40 },
  );
});
