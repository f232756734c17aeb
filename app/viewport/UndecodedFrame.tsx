import type { Failure } from '../../workers/protocol/errors';
import { useAppState } from '../app-context';
import { failureText, t } from '../messages/messages';
import styles from './Viewport.module.css';

/** In place of a frame that cannot be decoded, why. */
export function UndecodedFrame() {
  const failure = useAppState((state) => state.playback.failure);
  if (!failure) return null;
  return (
    <output className={styles.undecoded} data-testid="undecoded-frame">
      <span>{sentenceOf(failure)}</span>
    </output>
  );
}

/** Damage is of the frame that is seen; other reasons have sentences of their own. */
function sentenceOf(failure: Failure): string {
  const [name] = failure.reason ?? [];
  return name === 'frame-damaged' || name === 'picture-damaged' ? t.viewport.undecodable : failureText(failure);
}
