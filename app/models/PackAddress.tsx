import { useId, useState, type FormEvent } from 'react';
import { useApp, useAppState } from '../app-context';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { Button } from '../ui/Button';
import styles from './ModelsSheet.module.css';

/** A model pack from anywhere on the web. What goes wrong is told at the top of the sheet. */
export function PackAddress({ imageSize }: { imageSize: number | null }) {
  const { engine } = useApp();
  const isLoading = useAppState(({ model }) => model.stage !== 'ready' && model.stage !== 'failed');
  const [address, setAddress] = useState('');
  const fieldId = useId();
  const { own } = t.models;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    run(engine.catalogue.loadPack(address.trim(), imageSize ?? undefined));
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <label htmlFor={fieldId} className={styles.about}>
        {own.address}
      </label>
      <div className={styles.buttons}>
        <input
          id={fieldId}
          className={styles.field}
          type="url"
          inputMode="url"
          autoComplete="off"
          placeholder="https://"
          value={address}
          onChange={(event) => setAddress(event.target.value)}
        />
        <Button type="submit" disabled={address.trim() === '' || isLoading}>
          {own.load}
        </Button>
      </div>
      <p className={styles.about}>{own.addressAbout}</p>
    </form>
  );
}
