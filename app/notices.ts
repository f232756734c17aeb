/** A place's failure in words, with what its button does. */
import { useApp, useAppState, type App } from './app-context';
import { failureText, t } from './messages/messages';
import type { NoticeAction, NoticePlace } from './state/notices';
import type { NoticeBarProps } from './ui/NoticeBar';
import { openPicked } from './open-files';

type NoticeProps = Pick<NoticeBarProps, 'text' | 'action' | 'dismiss'>;

/** Null when nothing failed there. */
export function useNotice(place: NoticePlace): NoticeProps | null {
  const app = useApp();
  const { engine } = app;
  const notice = useAppState((state) => state.notices[place]);
  if (!notice) return null;
  const { action, instead } = notice;
  return {
    text: instead ? `${failureText(notice)} ${t.model.instead[instead]}` : failureText(notice),
    action: action && { label: t.actions[action], onClick: () => void act(app, action, place) },
    // Without its worker the page cannot go on: that one stays.
    dismiss: place === 'threads' ? null : { label: t.dismiss, onClick: () => engine.context.dismiss(place) },
  };
}

/** What fails again is shown again, by the command itself. */
async function act(app: App, action: NoticeAction, place: NoticePlace): Promise<void> {
  const { engine } = app;
  engine.context.dismiss(place);
  try {
    switch (action) {
      case 'choose-file':
        await openPicked(app);
        break;
      case 'retry-model':
        await engine.model.load();
        break;
      case 'use-wasm':
        await engine.model.load('wasm');
        break;
      case 'use-webgpu':
        await engine.model.load('auto');
        break;
      case 'restart':
        await engine.restart();
        break;
      case 'track':
        await engine.tracking.trackUnfinished('forward');
        break;
      case 'save-again':
        await engine.autosave.goOnSaving();
        break;
      case 'export':
        await engine.exporting.save(engine.context.store.getState().exporting.format);
        break;
    }
  } catch {
    // Reported.
  }
}
