import { Check, Upload } from 'lucide-react';
import { useAppState, useEngine } from '../app-context';
import { sourceFiles } from '../engine/source-files';
import { t } from '../messages/messages';
import { useNotice } from '../notices';
import { run } from '../run-command';
import { Button } from '../ui/Button';
import { NoticeBar } from '../ui/NoticeBar';
import { pickLabelFiles } from '../ui/pick-files';
import { ProgressBar } from '../ui/ProgressBar';
import styles from './ExportMenu.module.css';

/** The other direction: masks out of label files. */
export function ImportSection() {
  const engine = useEngine();
  const notice = useNotice('import');
  const { run: progress, report } = useAppState((state) => state.importing);
  const choose = async () => {
    const files = await pickLabelFiles();
    if (files.length > 0) await engine.importing.importMasks(sourceFiles(files));
  };
  return (
    <section className={styles.import} aria-label={t.importing.title}>
      {progress ? (
        <>
          <ProgressBar
            label={t.importing.title}
            share={progress.total === null ? null : progress.done / progress.total}
          />
          <div className={styles.foot}>
            <span className={styles.count}>
              {progress.total === null ? t.importing.reading : t.importing.running(progress.done, progress.total)}
            </span>
            <Button onClick={() => engine.importing.cancel()}>{t.importing.cancel}</Button>
          </div>
        </>
      ) : (
        <>
          <Button variant="quiet" onClick={() => run(choose())}>
            <Upload size={14} aria-hidden />
            {t.importing.button}
          </Button>
          <p className={styles.about}>{t.importing.about}</p>
        </>
      )}
      {notice ? <NoticeBar {...notice} /> : null}
      <output>
        {report ? (
          <span className={styles.report}>
            <Check size={14} aria-hidden />
            <span>
              {[
                t.importing.done(report.objects, report.masks),
                ...(['resized', 'unfitted', 'leftOut'] as const)
                  .filter((key) => report[key] > 0)
                  .map((key) => t.importing[key](report[key])),
              ].join(' ')}
            </span>
          </span>
        ) : null}
      </output>
    </section>
  );
}
