import { Square } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useAppState, useEngine } from '../app-context';
import { formatElapsed } from '../messages/format';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { sourceFiles } from '../engine/source-files';
import { Button } from '../ui/Button';
import { pickFiles } from '../ui/pick-files';
import { Sheet } from '../ui/Sheet';
import styles from './RecordingSheet.module.css';

/** What the camera or the screen shows while it is recorded, from the question for it to the open video. */
export function RecordingSheet() {
  const engine = useEngine();
  const { phase, source } = useAppState((state) => state.recording);
  const isUnderWay = phase === 'recording' || phase === 'stopping';
  return (
    <Sheet
      title={t.recording.title[source]}
      closeLabel={isUnderWay ? t.recording.discard : t.recording.close}
      placement="center"
      isOpen={phase !== 'off'}
      closesOnEscape={!isUnderWay}
      closesOutside={!isUnderWay}
      onOpenChange={() => engine.recorder.discard()}
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
  const previewRef = useRef<HTMLVideoElement>(null);
  const stopRef = useRef<HTMLButtonElement>(null);
  const { elapsedMs, capturedFrames, discardedFrames } = useFigures();
  useEffect(() => {
    previewRef.current!.srcObject = engine.recorder.stream;
    stopRef.current!.focus();
  }, [engine]);
  return (
    <>
      <div className={styles.stage}>
        <video
          ref={previewRef}
          className={styles.preview}
          aria-label={t.recording.preview}
          muted
          autoPlay
          playsInline
        />
      </div>
      <div className={styles.foot}>
        <span className={styles.dot} data-stopping={isStopping || undefined} aria-hidden />
        <output className={styles.phase}>{isStopping ? t.recording.stopping : t.recording.isRecording}</output>
        <span className={styles.figures}>
          <span>{formatElapsed(elapsedMs)}</span>
          {capturedFrames === null ? null : <span>{t.recording.captured(capturedFrames)}</span>}
          {discardedFrames ? <span className={styles.discarded}>{t.recording.discarded(discardedFrames)}</span> : null}
        </span>
        <Button ref={stopRef} variant="primary" disabled={isStopping} onClick={() => engine.recorder.stop()}>
          <Square size={12} fill="currentColor" aria-hidden />
          {t.recording.stop}
        </Button>
      </div>
      {replaces ? <p className={styles.warning}>{t.recording.forgets}</p> : null}
    </>
  );
}

function Failed() {
  const engine = useEngine();
  const { source, failure } = useAppState((state) => state.recording);
  const choose = async () => {
    const files = await pickFiles();
    if (files.length === 0) return;
    engine.recorder.discard();
    await engine.video.openFiles(sourceFiles(files));
  };
  return (
    <>
      <div className={styles.stage}>
        <p role="alert" className={styles.said}>
          {failure ? t.recording.failures[source][failure] : null}
        </p>
      </div>
      <div className={styles.choices}>
        {failure === 'broke-off' ? null : <Button onClick={() => run(choose())}>{t.recording.chooseFile}</Button>}
        <Button variant="primary" onClick={() => run(engine.recorder.start(source))}>
          {t.recording.retry}
        </Button>
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
