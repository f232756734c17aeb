import { ChevronsUpDown } from 'lucide-react';
import { useState } from 'react';
import type { SourcePart } from '../../workers/protocol/video';
import { useApp, useAppState } from '../app-context';
import { t } from '../messages/messages';
import { replaceWork } from '../questions';
import { run } from '../run-command';
import { Popover } from '../ui/Popover';
import { RowButton } from '../ui/RowButton';
import { Tooltip } from '../ui/Tooltip';
import styles from './PartMenu.module.css';

/** The videos in what was opened, where there are several: tracks, folders of pictures, files. */
export function PartMenu() {
  const app = useApp();
  const video = useAppState((state) => state.project.video);
  const hasObjects = useAppState((state) => state.objects.list.length > 0);
  const [isOpen, setIsOpen] = useState(false);
  if (!video || video.parts.length < 2) return null;
  const { parts, part } = video;
  return (
    <Popover
      label={t.parts.title}
      align="start"
      state={{ open: isOpen, onOpenChange: setIsOpen }}
      trigger={
        <button type="button" className={styles.trigger} aria-label={t.parts.button(part + 1, parts.length)}>
          <Tooltip label={t.parts.title}>
            <span className={styles.place}>
              {t.parts.place(part + 1, parts.length)}
              <ChevronsUpDown size={12} aria-hidden />
            </span>
          </Tooltip>
        </button>
      }
    >
      <h2 className={styles.title}>{t.parts.title}</h2>
      {hasObjects ? <p className={styles.warning}>{t.range.forgets}</p> : null}
      <ul className={styles.list}>
        {parts.map((one, n) => (
          <li key={one.name ?? n}>
            <RowButton
              current={n === part ? 'true' : undefined}
              onClick={() => {
                setIsOpen(false);
                if (n !== part) run(replaceWork(app, () => app.engine.video.openPart(n)));
              }}
            >
              <span className={styles.name}>{one.name ?? t.parts.track(n + 1)}</span>
              <span className={styles.detail}>{detailOf(one)}</span>
            </RowButton>
          </li>
        ))}
      </ul>
    </Popover>
  );
}

function detailOf({ size, frameCount }: SourcePart): string {
  if (size) return `${size.width} × ${size.height}`;
  return frameCount === null ? '' : t.parts.frames(frameCount);
}
