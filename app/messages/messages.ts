/** The catalogue in force. One language is loaded at a time. */
import type { Failure } from '../../workers/protocol/errors';
import { importAgain } from '../import-again';
import type { Language } from '../state/view';
import type { Messages } from './en';
import { formatIn } from './format';

type Import = <Module>(load: () => Promise<Module>) => Promise<Module>;

const catalogues: Record<Language, (by: Import) => Promise<Messages>> = {
  en: async (by) => (await by(() => import('./en'))).en,
  de: async (by) => (await by(() => import('./de'))).de,
};

/** What a language calls itself. */
export const languageNames: Record<Language, string> = { en: 'English', de: 'Deutsch' };

/** A failure as the person reads it: by its sentence where the catalogue has it, else by its code. */
export function failureText({ code, message, reason }: Failure): string {
  if (!reason || !t.reasons) return t.errors[code](message);
  const [name, ...values] = reason;
  // Which values belong to which name is lost on the compiler here; `Reason` holds them together.
  return (t.reasons[name] as (...values: unknown[]) => string)(...values);
}

/** Loaded before anything is rendered; a language chosen later takes its place. */
export let t: Messages;

const failed = new Set<Language>();

/** Puts a language in force; whoever shows words has to read them again. */
export async function loadMessages(language: Language): Promise<void> {
  const load = catalogues[language];
  try {
    t = await load(failed.has(language) ? importAgain : (fetch) => fetch());
  } catch (error) {
    failed.add(language);
    throw error;
  }
  formatIn(language);
}
