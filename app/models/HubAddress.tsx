import { useId, useState, type FormEvent } from 'react';
import { asMaskletError } from '../../workers/protocol/errors';
import { useApp, useAppState } from '../app-context';
import { t } from '../messages/messages';
import { publicHubUrl } from '../state/models';
import { Button } from '../ui/Button';
import styles from './ModelsSheet.module.css';

/** The model hub, or a mirror of it, that downloads come from. */
export function HubAddress() {
  const { engine } = useApp();
  const hubUrl = useAppState((state) => state.models.hubUrl);
  const [address, setAddress] = useState(hubUrl);
  const [problem, setProblem] = useState<string | null>(null);
  const fieldId = useId();
  const { hub } = t.models;
  const save = (wanted: string) => {
    try {
      engine.catalogue.setHubUrl(wanted);
      setAddress(wanted);
      setProblem(null);
    } catch (error) {
      setProblem(asMaskletError(error).message);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save(address);
  };
  return (
    <details className={styles.hub}>
      <summary>{hub.title}</summary>
      <form className={styles.form} onSubmit={submit}>
        <label htmlFor={fieldId} className={styles.about}>
          {hub.field}
        </label>
        <div className={styles.buttons}>
          <input
            id={fieldId}
            className={styles.field}
            type="url"
            value={address}
            aria-invalid={problem !== null}
            onChange={(event) => setAddress(event.target.value)}
          />
          <Button type="submit" disabled={address === hubUrl}>
            {hub.save}
          </Button>
          <Button disabled={hubUrl === publicHubUrl} onClick={() => save(publicHubUrl)}>
            {hub.reset}
          </Button>
        </div>
        {problem ? (
          <p role="alert" className={styles.failure}>
            {problem}
          </p>
        ) : null}
      </form>
    </details>
  );
}
