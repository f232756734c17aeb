import { FolderOpen } from 'lucide-react';
import { useApp, useAppState } from '../app-context';
import { t } from '../messages/messages';
import { openPicked } from '../open-files';
import { run } from '../run-command';
import type { Saving } from '../state/projects';
import type { AppState } from '../state/store';
import { Tooltip } from '../ui/Tooltip';
import { FrameRangeMenu } from './FrameRangeMenu';
import { PartMenu } from './PartMenu';
import { RecordMenu } from './RecordMenu';
import styles from './OpenFile.module.css';

/** Also while the last steps are on their way, which takes a moment after each. */
function isSaved(saving: Saving): boolean {
  return saving === 'saved' || saving === 'behind';
}

/** What there is to say where work is not kept; nothing while there is none. */
function notSaved({ projects: { saving }, objects, recording }: AppState): 'off' | 'paused' | null {
  const hasWork = objects.list.length > 0 && recording.phase === 'off';
  return hasWork && (saving === 'off' || saving === 'paused') ? saving : null;
}

/** The open video's name; a click opens another one. */
export function OpenFile() {
  const app = useApp();
  const { engine } = app;
  const name = useAppState((state) => state.project.opening ?? state.project.video?.name);
  const isOpening = useAppState((state) => state.project.opening !== null);
  const sample = useAppState((state) => state.project.sample);
  const video = useAppState((state) => state.project.video);
  const isKept = useAppState((state) => isSaved(state.projects.saving));
  const notKept = useAppState((state) => notSaved(state));
  if (name === undefined) return null;
  const captured = engine.recorder.opened?.capturedFrames;
  const beside =
    captured && video ? t.recording.kept(video.sourceFrameCount, captured) : sample && t.samples[sample].credit;
  const saving = notKept ? t.projects[notKept] : isKept ? t.projects.saved : null;
  return (
    <div className={styles.file}>
      <Tooltip label={t.bar.open}>
        <button type="button" className={styles.name} aria-busy={isOpening} onClick={() => run(openPicked(app))}>
          <FolderOpen size={14} aria-hidden />
          <span>{isOpening ? t.first.opening(name) : name}</span>
        </button>
      </Tooltip>
      <PartMenu />
      <FrameRangeMenu />
      <RecordMenu />
      {beside && !isOpening ? <span className={styles.credit}>{beside}</span> : null}
      {saving && !isOpening ? <span className={styles.credit}>{saving}</span> : null}
    </div>
  );
}
