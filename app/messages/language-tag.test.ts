import { expect, it } from 'vitest';
import { asLanguageTag, firstKnown } from './language-tag';
import { formatIn, formatNumber } from './format';

it('takes language tags of browsers and of systems, and what is none as none', () => {
  expect(['de', 'de-DE', 'en_US.UTF-8', 'de_DE@euro', 'zh-Hant-TW', 'EN-us'].map(asLanguageTag)).toEqual([
    'de',
    'de-DE',
    'en-US',
    'de-DE',
    'zh-Hant-TW',
    'en-US',
  ]);
  for (const none of ['', 'C', 'C.UTF-8', 'c', '*', '-', 'en--US', 'x y', '12', null, undefined, 3]) {
    expect(asLanguageTag(none), String(none)).toBeNull();
  }
});

it('finds the first language that the page has', () => {
  const known = ['en', 'de'] as const;
  expect(firstKnown(['C', 'fr', 'de_AT.UTF-8', 'en'], known)).toBe('de');
  expect(firstKnown(['C.UTF-8', ''], known)).toBeNull();
  expect(firstKnown([], known)).toBeNull();
});

it('writes numbers whatever it is told the language is', () => {
  for (const tag of ['C', 'C.UTF-8', '', 'x y']) {
    formatIn(tag);
    expect(formatNumber(1280)).toBe('1,280');
  }
  formatIn('de_DE.UTF-8');
  expect(formatNumber(1280)).toBe('1.280');
  formatIn('en');
});
