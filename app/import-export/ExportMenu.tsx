import { Check, Download } from 'lucide-react';
import { useMemo } from 'react';
import { exportFormatIds, exportFormats } from '../../workers/protocol/export-formats';
import { useApp, useAppState } from '../app-context';
import { t } from '../messages/messages';
import { useNotice } from '../notices';
import { run } from '../run-command';
import { objectColor } from '../state/palette';
import { patch } from '../state/store';
import { Button } from '../ui/Button';
import { NoticeBar } from '../ui/NoticeBar';
import { Popover } from '../ui/Popover';
import { ProgressBar } from '../ui/ProgressBar';
import { Select } from '../ui/Select';
import { ImportSection } from './ImportSection';
import styles from './ExportMenu.module.css';

/** Saves the masks of all objects. */
export function ExportMenu() {
  const { store } = useApp();
  const hasVideo = useAppState((state) => state.project.video !== null);
  const isOpen = useAppState((state) => state.view.isExportOpen);
  return (
    <Popover
      label={t.exporting.title}
      state={{ open: isOpen, onOpenChange: (open) => patch(store, 'view', { isExportOpen: open }) }}
      trigger={
        <Button disabled={!hasVideo} aria-label={t.exporting.button} className={styles.trigger}>
          <Download size={14} aria-hidden />
          <span className={styles.word}>{t.exporting.button}</span>
        </Button>
      }
    >
      <ExportPanel />
    </Popover>
  );
}

const groups = ['pictures', 'labels'] as const;

function ExportPanel() {
  const { engine, store } = useApp();
  const notice = useNotice('export');
  const objects = useAppState((state) => state.objects.list);
  const byObject = useAppState((state) => state.masklets.byObject);
  const { format, run: progress, savedAs } = useAppState((state) => state.exporting);
  const rows = useMemo(
    () =>
      objects
        .map((entry) => ({ ...entry, masks: byObject[entry.id]?.markedFrames ?? 0 }))
        .filter(({ masks }) => masks > 0),
    [objects, byObject],
  );
  const stale = rows.filter(({ id }) => (byObject[id]?.staleFrames ?? 0) > 0).map(({ name }) => name);
  const total = useAppState((state) => state.masklets.frameCount);
  const partly = rows.filter(({ masks }) => masks < total).map(({ name }) => name);
  const masks = rows.reduce((sum, row) => sum + row.masks, 0);
  return (
    <div className={styles.panel}>
      <h2 className={styles.title}>{t.exporting.title}</h2>
      <Select
        label={t.exporting.format}
        value={format}
        groups={groups.map((group) => ({
          label: t.exporting.groups[group],
          options: exportFormatIds
            .filter((id) => exportFormats[id].group === group)
            .map((id) => ({ value: id, label: t.exporting.formats[id] })),
        }))}
        onChange={(chosen) => patch(store, 'exporting', { format: chosen, savedAs: null })}
      />
      <p className={styles.about} aria-live="polite">
        {t.exporting.about[format]}
        {exportFormats[format].keepsOverlaps ? null : ` ${t.exporting.overlapsLost}`}
      </p>
      {rows.length === 0 ? (
        <p className={styles.nothing}>{t.exporting.nothing}</p>
      ) : (
        <ul className={styles.rows}>
          {rows.map(({ id, name, colorIndex, masks: count }) => (
            <li key={id}>
              <span className={styles.chip} style={{ background: objectColor(colorIndex) }} />
              <span className={styles.name}>{name}</span>
              <span className={styles.count}>{t.objects.framesOf(count, total)}</span>
            </li>
          ))}
        </ul>
      )}
      {stale.length > 0 ? <p className={styles.stale}>{t.exporting.staleWarning(stale)}</p> : null}
      {partly.length > 0 ? <p className={styles.stale}>{t.exporting.partly(partly)}</p> : null}
      {notice ? <NoticeBar {...notice} /> : null}
      {progress ? (
        <div className={styles.progress}>
          <ProgressBar label={t.exporting.title} share={progress.total > 0 ? progress.done / progress.total : null} />
          <div className={styles.foot}>
            <span className={styles.count}>{t.exporting.running(progress.done, progress.total)}</span>
            <Button onClick={() => engine.exporting.cancel()}>{t.exporting.cancel}</Button>
          </div>
        </div>
      ) : (
        <div className={styles.foot}>
          <output className={styles.count}>
            {savedAs ? (
              <span className={styles.saved}>
                <Check size={14} aria-hidden />
                {t.exporting.saved(savedAs)}
              </span>
            ) : rows.length > 0 ? (
              t.exporting.objects(rows.length, masks)
            ) : null}
          </output>
          <Button variant="primary" disabled={rows.length === 0} onClick={() => run(engine.exporting.save(format))}>
            {t.exporting.save(exportFormats[format].extension)}
          </Button>
        </div>
      )}
      <ImportSection />
    </div>
  );
}
