import { Film } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useApp } from '../app-context';
import { areModelFiles } from '../engine/catalogue-commands';
import { areLabelFiles } from '../engine/import-commands';
import { t } from '../messages/messages';
import { openGiven } from '../open-files';
import { run } from '../run-command';
import { patch } from '../state/store';
import styles from './DropTarget.module.css';
import { droppedFiles } from './dropped-files';

/** The whole window takes files and folders, whatever is open. */
export function DropTarget() {
  const app = useApp();
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    // Elements inside the window are entered and left too: only the sum tells whether the pointer is still over it.
    let depth = 0;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth++;
      setIsOver(true);
    };
    const leave = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth--;
      if (depth <= 0) setIsOver(false);
    };
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.dataTransfer!.dropEffect = 'copy';
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setIsOver(false);
      run(
        droppedFiles(event.dataTransfer!).then(async (files) => {
          if (areModelFiles(files)) await app.engine.catalogue.loadFiles(files);
          else if (areLabelFiles(files) && app.store.getState().project.video) {
            patch(app.store, 'view', { isExportOpen: true });
            await app.engine.importing.importMasks(files);
          } else if (files.length > 0) await openGiven(app, files);
        }),
      );
    };
    const listeners = { dragenter: enter, dragleave: leave, dragover: over, drop };
    for (const [type, listener] of Object.entries(listeners)) {
      window.addEventListener(type, listener as EventListener);
    }
    return () => {
      for (const [type, listener] of Object.entries(listeners)) {
        window.removeEventListener(type, listener as EventListener);
      }
    };
  }, [app]);
  if (!isOver) return null;
  return (
    <div className={styles.over} aria-hidden>
      <div className={styles.sign}>
        <Film size={20} />
        {t.first.dropOver}
      </div>
    </div>
  );
}
