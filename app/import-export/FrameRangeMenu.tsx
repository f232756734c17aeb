import { Scissors } from 'lucide-react';
import { useState, type CSSProperties } from 'react';
import type { VideoInfo } from '../../workers/protocol/video';
import { useAppState, useEngine } from '../app-context';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { Button } from '../ui/Button';
import { IconButton } from '../ui/IconButton';
import { Popover } from '../ui/Popover';
import styles from './FrameRangeMenu.module.css';

/** Trim and stride: opens the video again with a part of its frames. */
export function FrameRangeMenu() {
  const video = useAppState((state) => state.project.video);
  const [isOpen, setIsOpen] = useState(false);
  if (!video || video.sourceFrameCount === 1) return null;
  return (
    <Popover
      label={t.range.title}
      align="start"
      state={{ open: isOpen, onOpenChange: setIsOpen }}
      trigger={
        <IconButton label={t.range.button} className={styles.trigger}>
          <Scissors size={14} aria-hidden />
        </IconButton>
      }
    >
      <RangePanel video={video} onDone={() => setIsOpen(false)} />
    </Popover>
  );
}

type Field = 'from' | 'to' | 'stride';

function RangePanel({ video, onDone }: { video: VideoInfo; onDone: () => void }) {
  const engine = useEngine();
  const hasObjects = useAppState((state) => state.objects.list.length > 0);
  const last = video.sourceFrameCount - 1;
  const { from = 0, to = last, stride = 1 } = engine.video.source?.options ?? {};
  const [texts, setTexts] = useState({ from: String(from), to: String(Math.min(to, last)), stride: String(stride) });
  const given = { from: wholeNumber(texts.from), to: wholeNumber(texts.to), stride: wholeNumber(texts.stride) };
  const isRange = given.from <= given.to && given.to <= last && given.stride >= 1;
  const frames = isRange ? Math.floor((given.to - given.from) / given.stride) + 1 : 0;
  const field = (name: Field, least: number, most: number) => (
    <label className={styles.field}>
      <span>{t.range.fields[name]}</span>
      <input
        type="number"
        className={styles.input}
        min={least}
        max={most}
        value={texts[name]}
        onChange={({ target }) => setTexts({ ...texts, [name]: target.value })}
      />
    </label>
  );
  return (
    <form
      className={styles.panel}
      onSubmit={(event) => {
        event.preventDefault();
        if (!isRange) return;
        onDone();
        run(engine.video.openFrames(given));
      }}
    >
      <h2 className={styles.title}>{t.range.title}</h2>
      <p className={styles.about}>{t.range.about}</p>
      <div className={styles.fields}>
        {field('from', 0, last)}
        {field('to', 0, last)}
        {field('stride', 1, video.sourceFrameCount)}
      </div>
      <div className={styles.whole} aria-hidden>
        {isRange ? <div className={styles.part} style={partOf(given, last)} /> : null}
      </div>
      {hasObjects ? <p className={styles.warning}>{t.range.forgets}</p> : null}
      <div className={styles.foot}>
        <output className={styles.count}>
          {isRange ? t.range.count(frames, video.sourceFrameCount) : t.range.invalid(last)}
        </output>
        <Button type="submit" variant="primary" disabled={!isRange}>
          {t.range.open}
        </Button>
      </div>
    </form>
  );
}

/** Where the chosen frames lie in the whole; dashed where some are left out. */
function partOf({ from, to, stride }: Record<Field, number>, last: number): CSSProperties {
  const share = (frames: number) => `${(100 * frames) / (last + 1)}%`;
  return {
    left: share(from),
    width: share(to - from + 1),
    ...(stride > 1 ? { backgroundImage: stripes } : {}),
  };
}

const stripes = 'repeating-linear-gradient(90deg, transparent 0 3px, var(--surface-raised) 3px 6px)';

/** NaN for anything else, with which nothing compares. */
function wholeNumber(text: string): number {
  return /^\d+$/.test(text.trim()) ? Number(text) : NaN;
}
