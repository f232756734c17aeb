import { Download, ScreenShare, Video } from 'lucide-react';
import { useState } from 'react';
import { useApp, useAppState } from '../app-context';
import { t } from '../messages/messages';
import { replaceWork } from '../questions';
import { run } from '../run-command';
import type { RecordingSource } from '../state/recording';
import { IconButton } from '../ui/IconButton';
import { Popover } from '../ui/Popover';
import { RowButton } from '../ui/RowButton';
import styles from './RecordMenu.module.css';

/** Records another video in place of the open one; saves the open one when it was recorded here. */
export function RecordMenu() {
  const app = useApp();
  const { engine } = app;
  const video = useAppState((state) => state.project.video);
  const [isOpen, setIsOpen] = useState(false);
  if (!video) return null;
  const { opened } = engine.recorder;
  const record = (source: RecordingSource) => {
    setIsOpen(false);
    run(replaceWork(app, () => engine.recorder.start(source)));
  };
  return (
    <Popover
      label={t.recording.button}
      align="start"
      width={240}
      state={{ open: isOpen, onOpenChange: setIsOpen }}
      trigger={
        <IconButton
          label={t.recording.button}
          className={styles.trigger}
          data-has-recording={opened !== null || undefined}
        >
          <Video size={14} aria-hidden />
        </IconButton>
      }
    >
      <RowButton onClick={() => record('camera')}>
        <Video size={14} aria-hidden />
        {t.recording.title.camera}
      </RowButton>
      {engine.recorder.hasScreen() ? (
        <RowButton onClick={() => record('screen')}>
          <ScreenShare size={14} aria-hidden />
          {t.recording.title.screen}
        </RowButton>
      ) : null}
      {opened ? (
        <div className={styles.recorded}>
          <RowButton onClick={() => run(engine.recorder.save())}>
            <Download size={14} aria-hidden />
            {t.recording.save}
          </RowButton>
          <p className={styles.about}>{t.recording.saveAbout}</p>
        </div>
      ) : null}
    </Popover>
  );
}
