import { loadMessages, t } from './messages/messages';
import { patch, type AppStore } from './state/store';
import type { Language } from './state/view';

/** Puts the page into a language, and says so to the browser. Rejects where its words can't be fetched; the page stays as it was. */
export async function speak(store: AppStore, language: Language): Promise<void> {
  await loadMessages(language);
  document.documentElement.lang = language;
  document.querySelector('meta[name="description"]')?.setAttribute('content', t.description);
  patch(store, 'view', { language });
}
