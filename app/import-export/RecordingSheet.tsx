import { Download, Square } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useApp, useAppState, useEngine } from '../app-context';
import { formatElapsed } from '../messages/format';
import { t } from '../messages/messages';
import { discardRecording, replaceWork } from '../questions';
import { run } from '../run-command';
import { sourceFiles } from '../engine/source-files';
import { Button } from '../ui/Button';
import { pickFiles } from '../ui/pick-files';
import { Sheet } from '../ui/Sheet';
import { LiveObjects } from './LiveObjects';
import { LiveStage } from './LiveStage';
import styles from './RecordingSheet.module.css';

/** What the camera or the screen shows while it is recorded, from the question for it to the open video. */
export function RecordingSheet() {
  const app = useApp();
  const { phase, source } = useAppState((state) => state.recording);
  const isUnderWay = phase === 'recording' || phase === 'stopping';
  return (
    <Sheet
      title={t.recording.title[source]}
      closeLabel={isUnderWay ? t.recording.discard : t.recording.close}
      placement="center"
      isWide={isUnderWay}
      isOpen={phase !== 'off'}
      closesOnEscape={!isUnderWay}
      closesOutside={!isUnderWay}
      onOpenChange={() => run(discardRecording(app))}
    >
      <div className={styles.body}>{phase === 'failed' ? <Failed /> : phase === 'asking' ? <Asking /> : <Live />}</div>
    </Sheet>
  );
}

function Asking() {
  const source = useAppState((state) => state.recording.source);
  return (
    <div className={styles.stage}>
      <output className={styles.said}>{t.recording.asking[source]}</output>
    </div>
  );
}

function Live() {
  const engine = useEngine();
  const isStopping = useAppState((state) => state.recording.phase === 'stopping');
  const replaces = useAppState((state) => state.project.video !== null);
  const hasObjects = useAppState((state) => state.live.objects.list.length > 0);
  const stopRef = useRef<HTMLButtonElement>(null);
  const { elapsedMs, recordedFrames, droppedFrames, passedFrames, trackedFrames, framesPerSecond } = useFigures();
  useEffect(() => stopRef.current!.focus(), []);
  return (
    <>
      <LiveStage />
      <LiveObjects />
      <div className={styles.foot}>
        <span className={styles.state}>
          <span className={styles.dot} data-stopping={isStopping || undefined} aria-hidden />
          <output className={styles.phase}>{isStopping ? t.recording.stopping : t.recording.isRecording}</output>
          <span className={styles.clock}>{formatElapsed(elapsedMs)}</span>
        </span>
        <span className={styles.figures}>
          <span>
            <span>{t.recording.recorded(recordedFrames)}</span>
            {droppedFrames > 0 ? <span className={styles.dropped}>{t.recording.dropped(droppedFrames)}</span> : null}
          </span>
          {hasObjects && passedFrames > 0 ? (
            <span>
              <span>{t.recording.tracked(trackedFrames, passedFrames)}</span>
              {framesPerSecond === null ? null : <span>{t.recording.rate(framesPerSecond)}</span>}
            </span>
          ) : null}
        </span>
        <Button
          ref={stopRef}
          variant="primary"
          className={styles.stop}
          disabled={isStopping}
          onClick={() => engine.recorder.stop()}
        >
          <Square size={12} fill="currentColor" aria-hidden />
          {t.recording.stop}
        </Button>
      </div>
      {replaces ? <p className={styles.warning}>{t.recording.forgets}</p> : null}
    </>
  );
}

function Failed() {
  const app = useApp();
  const { engine } = app;
  const { source, failure } = useAppState((state) => state.recording);
  // There is a recording, as far as it went.
  const isOpened = failure === 'broke-off' || failure === 'ran-out';
  const choose = async () => {
    const files = await pickFiles();
    if (files.length === 0) return;
    engine.recorder.discard();
    await replaceWork(app, () => engine.video.openFiles(sourceFiles(files)));
  };
  return (
    <>
      <div className={styles.stage}>
        <p role="alert" className={styles.said}>
          {failure ? t.recording.failures[source][failure] : null}
        </p>
      </div>
      <div className={styles.choices}>
        {failure === 'not-opened' ? (
          <Button variant="primary" onClick={() => run(engine.recorder.save())}>
            <Download size={14} aria-hidden />
            {t.recording.save}
          </Button>
        ) : (
          <>
            {isOpened ? null : <Button onClick={() => run(choose())}>{t.recording.chooseFile}</Button>}
            <Button variant="primary" onClick={() => run(engine.recorder.start(source))}>
              {t.recording.retry}
            </Button>
          </>
        )}
      </div>
    </>
  );
}

/** Read four times a second: the browser does not tell when they change. */
function useFigures() {
  const engine = useEngine();
  const [figures, setFigures] = useState(() => engine.recorder.figures());
  useEffect(() => {
    const timer = setInterval(() => setFigures(engine.recorder.figures()), 250);
    return () => clearInterval(timer);
  }, [engine]);
  return figures;
}
