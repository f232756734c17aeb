import { MaskletError } from '../workers/protocol/errors';
import type { App } from './app-context';
import { languageNames, loadMessages, t } from './messages/messages';
import { patch, type AppStore } from './state/store';
import type { Language } from './state/view';

/** Puts the page into a language, and says so to the browser. Rejects where its words can't be fetched; the page stays as it was. */
export async function speak(store: AppStore, language: Language): Promise<void> {
  await loadMessages(language);
  document.documentElement.lang = language;
  document.querySelector('meta[name="description"]')?.setAttribute('content', t.description);
  patch(store, 'view', { language });
}

/** As a person chose it. Where its words can't be fetched, the page says so in those it has. */
export async function chooseLanguage({ engine, store }: App, language: Language): Promise<void> {
  try {
    await speak(store, language);
  } catch (error) {
    const name = languageNames[language];
    const message = `The page’s words in ${name} could not be fetched. Check the connection and choose it again.`;
    engine.context.report(
      'page',
      new MaskletError('network', message, { reason: ['language-missing', name], cause: error }),
    );
  }
}
