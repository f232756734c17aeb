import { Film, FolderOpen, ScreenShare, ShieldCheck, Video } from 'lucide-react';
import { useApp, useAppState } from '../app-context';
import { balloons } from '../engine/samples';
import { t } from '../messages/messages';
import { useNotice } from '../notices';
import { openPicked } from '../open-files';
import { run } from '../run-command';
import { Button } from '../ui/Button';
import { NoticeBar } from '../ui/NoticeBar';
import { pickFolder } from '../ui/pick-files';
import styles from './FirstScreen.module.css';
import { Leftovers } from './Leftovers';
import { RecentProjects } from './RecentProjects';
import { SampleCard } from './SampleCard';

/** What a person sees before a video is open. */
export function FirstScreen() {
  const app = useApp();
  const { engine } = app;
  const opening = useAppState((state) => state.project.opening);
  const notices = [useNotice('page'), useNotice('threads'), useNotice('open')];
  return (
    <main className={styles.screen}>
      <div className={styles.content}>
        <h2 className={styles.title}>{t.first.title}</h2>
        <p className={styles.lead}>{t.first.lead}</p>

        <RecentProjects />

        <div className={styles.drop} data-busy={opening !== null || undefined} aria-busy={opening !== null}>
          <div className={styles.corners} aria-hidden />
          {opening === null ? (
            <>
              <p className={styles.dropTitle}>{t.first.drop}</p>
              <div className={styles.choices}>
                <Button variant="primary" className={styles.choose} onClick={() => run(openPicked(app))}>
                  <Film size={16} aria-hidden />
                  {t.first.choose}
                </Button>
                <Button className={styles.choose} onClick={() => run(openPicked(app, pickFolder))}>
                  <FolderOpen size={16} aria-hidden />
                  {t.first.chooseFolder}
                </Button>
              </div>
              <div className={styles.choices}>
                <Button variant="quiet" onClick={() => run(engine.recorder.start('camera'))}>
                  <Video size={16} aria-hidden />
                  {t.recording.title.camera}
                </Button>
                {engine.recorder.hasScreen() ? (
                  <Button variant="quiet" onClick={() => run(engine.recorder.start('screen'))}>
                    <ScreenShare size={16} aria-hidden />
                    {t.recording.title.screen}
                  </Button>
                ) : null}
              </div>
              <p className={styles.formats}>{t.first.formats}</p>
            </>
          ) : (
            <output className={styles.dropTitle}>{t.first.opening(opening)}</output>
          )}
        </div>

        <Leftovers />

        {notices.map((notice) => (notice ? <NoticeBar key={notice.text} {...notice} /> : null))}

        <div className={styles.below}>
          <SampleCard onOpen={() => run(engine.video.openSample(balloons, document.baseURI))} />
          <ol className={styles.steps}>
            {t.first.steps.map((step, n) => (
              <li key={step}>
                <span className={styles.number}>{n + 1}</span>
                {step}
              </li>
            ))}
          </ol>
        </div>

        <p className={styles.privacy}>
          <ShieldCheck size={16} aria-hidden />
          {t.first.privacy}
        </p>
      </div>
    </main>
  );
}
