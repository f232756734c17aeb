import { expect, it } from 'vitest';
import { MaskletError, failureOf } from '../../workers/protocol/errors';
import { failureText, loadMessages } from './messages';

it('says failures in the language in force, and in English as they say themselves', async () => {
  const locked = failureOf(
    new MaskletError('invalid-argument', 'Dog is locked.', { reason: ['object-locked', 'Dog'] }),
  );
  const unnamed = failureOf(new MaskletError('network', 'x answered 404.'));
  expect(failureText(locked)).toBe('Dog is locked.');
  expect(failureText(unnamed)).toBe('x answered 404.');
  await loadMessages('de');
  expect(failureText(locked)).toBe('Dog ist gesperrt. Zum Ändern entsperren.');
  expect(failureText(unnamed)).toMatch(/^Die Datei ließ sich nicht laden/);
  await loadMessages('en');
});
