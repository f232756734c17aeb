import { RadioGroup } from 'radix-ui';
import { useEffect, useRef } from 'react';
import type { Candidate } from '../../workers/protocol/mask';
import { useAppState, useEngine } from '../app-context';
import { compositeMasks } from '../masks/composite-masks';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { promptKey } from '../state/answers';
import type { ObjectEntry } from '../state/objects';
import { objectRgb } from '../state/palette';
import { candidatesCrop, maskBox, type Crop } from './candidates-crop';
import styles from './Candidates.module.css';

/** CSS pixels. */
const thumbnail = { width: 114, height: 70 };

/** The masks an ambiguous click may have meant, side by side. */
export function Candidates({ object }: { object: ObjectEntry }) {
  const engine = useEngine();
  const frameIndex = useAppState((state) => state.playback.shownFrame);
  const set = useAppState((state) => state.answers.candidates[promptKey(object.id, frameIndex)]);
  const video = useAppState((state) => state.project.video);
  // What is tried out goes with the question.
  useEffect(() => (set ? () => engine.masks.preview(null) : undefined), [engine, set]);
  if (!set || !video) return null;
  const preview = (candidate: Candidate | null) =>
    engine.masks.preview(candidate && { object: object.id, frameIndex, rle: candidate.rle });
  const candidates = engine.prompts.candidates(object.id, frameIndex);
  const crop = candidatesCrop(candidates, video, thumbnail);
  return (
    <section className={styles.section}>
      <h3 className={styles.title}>{t.candidates.title}</h3>
      <RadioGroup.Root
        className={styles.row}
        aria-label={t.candidates.title}
        value={String(set.token)}
        onValueChange={(token) => run(engine.prompts.choose(object.id, frameIndex, Number(token)))}
      >
        {candidates.map((candidate, n) => (
          <RadioGroup.Item
            key={candidate.token}
            value={String(candidate.token)}
            aria-label={t.candidates.option(n + 1, candidate.predictedIou)}
            className={styles.candidate}
            onPointerEnter={() => preview(candidate)}
            onPointerLeave={() => preview(null)}
            onFocus={() => preview(candidate)}
            onBlur={() => preview(null)}
          >
            <CandidatePicture candidate={candidate} crop={crop} object={object} frameIndex={frameIndex} />
            <span className={styles.iou}>{t.candidates.iou(candidate.predictedIou)}</span>
          </RadioGroup.Item>
        ))}
      </RadioGroup.Root>
    </section>
  );
}

type CandidatePictureProps = { candidate: Candidate; crop: Crop; object: ObjectEntry; frameIndex: number };

function CandidatePicture({ candidate, crop, object, frameIndex }: CandidatePictureProps) {
  const { presenter } = useEngine();
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const shown = presenter.shown;
    if (shown?.frameIndex !== frameIndex) return;
    const { width, height } = ref.current!;
    const context = ref.current!.getContext('2d')!;
    context.imageSmoothingQuality = 'high';
    context.drawImage(shown.frame, crop.x, crop.y, crop.width, crop.height, 0, 0, width, height);
    const { rle } = candidate;
    const layer = {
      rle,
      box: maskBox(rle),
      color: objectRgb(object.colorIndex),
      fillAlpha: 0.5,
      outlinePx: 1.5 * window.devicePixelRatio,
      opacity: 1,
      featherPx: 0,
    };
    const overlay = document.createElement('canvas');
    overlay.width = width;
    overlay.height = height;
    const pixels = new ImageData(compositeMasks([layer], crop, width, height), width, height);
    overlay.getContext('2d')!.putImageData(pixels, 0, 0);
    context.drawImage(overlay, 0, 0);
  }, [presenter, candidate, crop, object.colorIndex, frameIndex]);
  const ratio = window.devicePixelRatio;
  return (
    <canvas
      ref={ref}
      className={styles.picture}
      width={Math.round(thumbnail.width * ratio)}
      height={Math.round(thumbnail.height * ratio)}
    />
  );
}
