import { TriangleAlert, X } from 'lucide-react';
import { Button } from './Button';
import { IconButton } from './IconButton';
import styles from './NoticeBar.module.css';

export type NoticeBarProps = {
  text: string;
  action: { label: string; onClick: () => void } | null;
  /** Another way on. */
  other?: { label: string; onClick: () => void } | null;
  dismiss: { label: string; onClick: () => void } | null;
  /** On the page's surfaces, or over the frame. */
  look?: 'inline' | 'floating';
};

/** One failure in one sentence, with the way on. */
export function NoticeBar({ text, action, other, dismiss, look = 'inline' }: NoticeBarProps) {
  return (
    <div role="alert" className={`${styles.notice} ${styles[look]}`}>
      <TriangleAlert className={styles.icon} size={16} aria-hidden />
      <p className={styles.text}>{text}</p>
      <div className={styles.buttons}>
        {other ? <Button onClick={other.onClick}>{other.label}</Button> : null}
        {action ? <Button onClick={action.onClick}>{action.label}</Button> : null}
        {dismiss ? (
          <IconButton label={dismiss.label} onClick={dismiss.onClick}>
            <X size={16} />
          </IconButton>
        ) : null}
      </div>
    </div>
  );
}
