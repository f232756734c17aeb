import { AlertDialog } from 'radix-ui';
import { useApp, useAppState } from './app-context';
import { t } from './messages/messages';
import { answer } from './questions';
import styles from './QuestionDialog.module.css';
import { Button } from './ui/Button';

/** Asks before something is lost. Escape, and Enter at once, keep it. */
export function QuestionDialog() {
  const { store } = useApp();
  const question = useAppState((state) => state.view.question);
  const hasMasks = useAppState(({ masklets }) => Object.values(masklets.byObject).some((one) => one.markedFrames > 0));
  if (question === null) return null;
  const words = t.questions[question];
  const isSavable = question === 'replace-work' && hasMasks;
  return (
    <AlertDialog.Root open onOpenChange={(isOpen) => isOpen || answer(store, 'keep')}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={styles.overlay} />
        <AlertDialog.Content className={styles.dialog}>
          <AlertDialog.Title className={styles.title}>{words.title}</AlertDialog.Title>
          <AlertDialog.Description className={styles.about}>{words.about}</AlertDialog.Description>
          <div className={styles.buttons}>
            <Button className={styles.lose} onClick={() => answer(store, 'lose')}>
              {words.lose}
            </Button>
            {isSavable ? <Button onClick={() => answer(store, 'save')}>{t.questions.save}</Button> : null}
            <AlertDialog.Cancel asChild>
              <Button variant="primary">{words.keep}</Button>
            </AlertDialog.Cancel>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
