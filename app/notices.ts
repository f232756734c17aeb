/** A place's failure in words, with what its button does. */
import { useApp, useAppState } from './app-context';
import type { Engine } from './engine/engine';
import { failureText, t } from './messages/messages';
import type { NoticeAction, NoticePlace } from './state/notices';
import type { NoticeBarProps } from './ui/NoticeBar';
import { sourceFiles } from './engine/source-files';
import { pickFiles } from './ui/pick-files';

type NoticeProps = Pick<NoticeBarProps, 'text' | 'action' | 'dismiss'>;

/** Null when nothing failed there. */
export function useNotice(place: NoticePlace): NoticeProps | null {
  const { engine } = useApp();
  const notice = useAppState((state) => state.notices[place]);
  if (!notice) return null;
  const { action, instead } = notice;
  return {
    text: instead ? `${failureText(notice)} ${t.model.instead[instead]}` : failureText(notice),
    action: action && { label: t.actions[action], onClick: () => void act(engine, action, place) },
    // Without its worker the page cannot go on: that one stays.
    dismiss: place === 'threads' ? null : { label: t.dismiss, onClick: () => engine.context.dismiss(place) },
  };
}

/** What fails again is shown again, by the command itself. */
async function act(engine: Engine, action: NoticeAction, place: NoticePlace): Promise<void> {
  engine.context.dismiss(place);
  try {
    switch (action) {
      case 'choose-file': {
        const files = await pickFiles();
        if (files.length > 0) await engine.video.openFiles(sourceFiles(files));
        break;
      }
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
      case 'export':
        await engine.exporting.save(engine.context.store.getState().exporting.format);
        break;
    }
  } catch {
    // Reported.
  }
}
