import { ClipboardPaste, Copy, ImageUp, Lock, LockOpen, Minus, Plus, Square, X } from 'lucide-react';
import { useRef, useState, type ReactNode } from 'react';
import { maxModelPoints, type FramePrompts } from '../../workers/protocol/prompt';
import { useAppState, useEngine } from '../app-context';
import { promptLabels } from '../engine/label-gestures';
import type { Place } from '../engine/frame-gestures';
import type { LabelPicture } from '../masks/read-labels';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { FrameMark } from '../state/masklets';
import type { ObjectEntry } from '../state/objects';
import { emptyPrompts, withBox, withoutPoint } from '../state/prompts';
import { Button } from '../ui/Button';
import { IconButton } from '../ui/IconButton';
import { pickPicture } from '../ui/pick-picture';
import { useKeys } from '../use-keys';
import { LabelChoice } from './LabelChoice';
import styles from './PromptList.module.css';

/** What was said about an object on the frame shown, and where else something was said. */
export function PromptList({ object }: { object: ObjectEntry }) {
  const { id } = object;
  const engine = useEngine();
  const frameIndex = useAppState((state) => state.playback.shownFrame);
  const frames = useAppState((state) => state.prompts.byObject[id]);
  const video = useAppState((state) => state.project.video);
  const prompts = frames?.[frameIndex] ?? emptyPrompts;
  const others = Object.keys(frames ?? {}).map(Number);
  if (!video) return null;
  const x = (norm: number) => Math.round(norm * video.width);
  const y = (norm: number) => Math.round(norm * video.height);
  const change = (edit: (before: FramePrompts) => FramePrompts) => run(engine.prompts.change(id, frameIndex, edit));
  const isEmpty = prompts === emptyPrompts;
  return (
    <>
      <section className={styles.section}>
        <header className={styles.header}>
          <h3 className={styles.title}>{t.prompts.title}</h3>
          {isEmpty ? null : (
            <Button variant="quiet" className={styles.clear} onClick={() => run(engine.prompts.clear(id, frameIndex))}>
              {t.prompts.clear}
            </Button>
          )}
        </header>
        {isEmpty ? <p className={styles.none}>{t.prompts.none}</p> : null}
        {prompts.points.length > maxModelPoints ? (
          <output className={styles.none}>{t.prompts.tooMany(maxModelPoints)}</output>
        ) : null}
        <ul>
          {prompts.box ? (
            <PromptRow
              icon={<Square size={12} />}
              kind="box"
              name={t.prompts.box}
              detail={t.prompts.size(
                x(prompts.box.x1Norm - prompts.box.x0Norm),
                y(prompts.box.y1Norm - prompts.box.y0Norm),
              )}
              onRemove={() => change((before) => withBox(before, null))}
            />
          ) : null}
          {prompts.mask ? (
            <PromptRow
              icon={<Square size={12} />}
              kind="box"
              name={t.prompts.mask}
              detail=""
              onRemove={() => change((before) => ({ ...before, mask: null }))}
            />
          ) : null}
          {prompts.points.map((point, n) => (
            <PromptRow
              key={n}
              icon={point.label === 1 ? <Plus size={12} /> : <Minus size={12} />}
              kind={point.label === 1 ? 'positive' : 'negative'}
              meaning={point.label === 1 ? t.prompts.belongs : t.prompts.doesNotBelong}
              name={t.prompts.point(n + 1)}
              detail={t.prompts.at(x(point.xNorm), y(point.yNorm))}
              onRemove={() => change((before) => withoutPoint(before, n))}
            />
          ))}
        </ul>
      </section>
      <MaskTools object={object} frameIndex={frameIndex} />
      {others.length > 0 ? (
        <section className={styles.section}>
          <h3 className={styles.title}>{t.prompts.otherFrames}</h3>
          <ul>
            {others.map((frame) => (
              <li key={frame} className={styles.row} data-current={frame === frameIndex || undefined}>
                <button
                  type="button"
                  className={styles.frame}
                  aria-label={t.prompts.goTo(frame)}
                  aria-current={frame === frameIndex || undefined}
                  onClick={() => run(engine.player.seek(frame))}
                >
                  <span className={styles.name}>{t.prompts.onFrame(frame)}</span>
                  <span className={styles.detail}>{summaryOf(frames![frame]!)}</span>
                </button>
                <IconButton
                  size="small"
                  side="left"
                  label={t.prompts.clearFrame(frame)}
                  onClick={() => run(engine.prompts.clear(id, frame))}
                >
                  <X size={14} />
                </IconButton>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </>
  );
}

/** Masks as prompts, and the lock of the frame shown. */
function MaskTools({ object: { id }, frameIndex }: { object: ObjectEntry; frameIndex: number }) {
  const keysOf = useKeys();
  const engine = useEngine();
  const masklet = useAppState((state) => state.masklets.byObject[id]);
  const hasMask = masklet?.columns.mark[frameIndex] === FrameMark.mask;
  const isTracked = masklet?.columns.isTracked[frameIndex] === 1;
  const isLocked = masklet?.columns.isLocked[frameIndex] === 1;
  const [offered, setOffered] = useState<{ picture: LabelPicture; place: Place } | null>(null);
  const fileButton = useRef<HTMLButtonElement>(null);
  const choose = async () => {
    const file = await pickPicture();
    if (!file) return;
    const place = { object: id, frameIndex };
    const picture = await engine.clipboard.readPicture(file);
    if (picture.labels.length > 1) setOffered({ picture, place });
    else await promptLabels(engine, picture, 'all', place);
  };
  const close = () => {
    setOffered(null);
    fileButton.current?.focus();
  };
  return (
    <>
      <div className={styles.tools}>
        <IconButton
          size="small"
          label={t.prompts.copy}
          keys={keysOf('copy-mask')}
          disabled={!hasMask}
          onClick={() => run(engine.clipboard.copy())}
        >
          <Copy size={14} />
        </IconButton>
        <IconButton
          size="small"
          label={t.prompts.paste}
          keys={keysOf('paste-mask')}
          onClick={() => run(engine.clipboard.paste())}
        >
          <ClipboardPaste size={14} />
        </IconButton>
        <IconButton ref={fileButton} size="small" label={t.prompts.fromFile} onClick={() => run(choose())}>
          <ImageUp size={14} />
        </IconButton>
        <IconButton
          size="small"
          label={isLocked ? t.prompts.unlock : t.prompts.lock}
          keys={keysOf('lock-frame')}
          isPressed={isLocked}
          disabled={!isTracked}
          onClick={() => run(engine.prompts.lock(id, frameIndex, !isLocked))}
        >
          {isLocked ? <Lock size={14} /> : <LockOpen size={14} />}
        </IconButton>
      </div>
      {offered ? (
        <LabelChoice
          labels={offered.picture.labels}
          onChoose={(choice) => {
            close();
            if (choice !== null) run(promptLabels(engine, offered.picture, choice, offered.place));
          }}
        />
      ) : null}
    </>
  );
}

function summaryOf({ points, box, mask }: FramePrompts): string {
  const parts = [
    ...(mask ? [t.prompts.mask] : []),
    ...(box ? [t.prompts.box] : []),
    ...(points.length > 0 ? [t.prompts.points(points.length)] : []),
  ];
  return parts.join(', ');
}

type PromptRowProps = {
  icon: ReactNode;
  kind: 'positive' | 'negative' | 'box';
  /** What the icon says. */
  meaning?: string;
  name: string;
  detail: string;
  onRemove: () => void;
};

function PromptRow({ icon, kind, meaning, name, detail, onRemove }: PromptRowProps) {
  return (
    <li className={styles.row}>
      <span
        className={styles.icon}
        data-kind={kind}
        title={meaning}
        {...(meaning ? { role: 'img', 'aria-label': meaning } : { 'aria-hidden': true })}
      >
        {icon}
      </span>
      <span className={styles.name}>{name}</span>
      <span className={styles.detail}>{detail}</span>
      <IconButton size="small" label={t.prompts.remove(name)} onClick={onRemove} side="left">
        <X size={14} />
      </IconButton>
    </li>
  );
}
