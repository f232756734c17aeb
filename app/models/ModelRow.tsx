import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { CatalogueModel } from '../../workers/protocol/segment-contract';
import { useApp, useAppState } from '../app-context';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { frameTime, type FrameTime } from '../state/model-speed';
import { Button } from '../ui/Button';
import { IconButton } from '../ui/IconButton';
import { ProgressBar } from '../ui/ProgressBar';
import styles from './ModelsSheet.module.css';

type ModelRowProps = {
  model: CatalogueModel;
  imageSize: number;
  /** Its button is the one to press. */
  isRecommended?: boolean;
};

/** About how long a frame takes here; null until a model has started, which tells what it runs on. */
function useFrameTime(model: CatalogueModel, imageSize: number): FrameTime | null {
  const status = useAppState((state) => state.model.status);
  const { list, speeds } = useAppState((state) => state.models);
  return status && frameTime(model, imageSize, status, speeds, list ?? []);
}

/** One official model: absent, coming, in part, kept, or in use. */
export function ModelRow({ model, imageSize, isRecommended = false }: ModelRowProps) {
  const { engine } = useApp();
  const [isAsking, setIsAsking] = useState(false);
  const transfer = useAppState(({ models }) => (models.transfer?.name === model.name ? models.transfer : null));
  const isInUse = useAppState((state) => state.model.status?.name === model.name && state.model.stage === 'ready');
  const isPartial = model.storedBytes > 0 && !model.sha256;
  const words = t.models;
  const time = useFrameTime(model, imageSize);
  return (
    <div className={styles.item}>
      <div className={styles.row} data-in-use={isInUse || undefined}>
        <div className={styles.words}>
          <h4 className={styles.name}>{model.title}</h4>
          <p className={styles.about} title={words.work(model.operations[imageSize] ?? 0)}>
            {words.about(time, model.weightsBytes, model.license)}
          </p>
          {isPartial && !transfer ? (
            <p className={styles.about}>{words.partly(model.storedBytes, model.weightsBytes)}</p>
          ) : null}
        </div>
        {model.storedBytes > 0 && !transfer && !isInUse ? (
          <IconButton label={words.remove(model.title)} onClick={() => run(engine.catalogue.remove(model.name))}>
            <Trash2 size={14} />
          </IconButton>
        ) : null}
        <RowAction
          model={model}
          imageSize={imageSize}
          isRecommended={isRecommended}
          state={transfer ? 'coming' : isInUse ? 'in-use' : model.sha256 ? 'kept' : isPartial ? 'partial' : 'absent'}
          onAsk={() => setIsAsking(true)}
        />
      </div>
      {transfer ? (
        <div className={styles.transfer}>
          <ProgressBar
            label={model.title}
            share={transfer.totalBytes > 0 ? transfer.loadedBytes / transfer.totalBytes : null}
          />
          <span>{words.progress[transfer.stage](transfer.loadedBytes, transfer.totalBytes)}</span>
        </div>
      ) : null}
      {isAsking && !transfer && !model.sha256 ? (
        <Consent model={model} imageSize={imageSize} onClose={() => setIsAsking(false)} />
      ) : null}
    </div>
  );
}

type RowActionProps = ModelRowProps & {
  state: 'absent' | 'partial' | 'coming' | 'kept' | 'in-use';
  onAsk: () => void;
};

function RowAction({ model, imageSize, isRecommended = false, state, onAsk }: RowActionProps) {
  const { engine } = useApp();
  const { title } = model;
  const words = t.models;
  if (state === 'in-use') return <span className={styles.inUse}>{words.inUse}</span>;
  if (state === 'coming') return <Button onClick={() => engine.catalogue.pause()}>{words.pause}</Button>;
  const { label, text, act } = {
    kept: {
      label: words.chooseTitle(title),
      text: words.choose,
      act: () => run(engine.catalogue.load(model.name, imageSize)),
    },
    partial: {
      label: words.resumeTitle(title),
      text: words.resume,
      act: () => run(engine.catalogue.download(model.name, imageSize)),
    },
    absent: { label: words.downloadTitle(title), text: words.download, act: onAsk },
  }[state];
  return (
    <Button variant={isRecommended ? 'primary' : 'secondary'} aria-label={label} onClick={act}>
      {text}
    </Button>
  );
}

type ConsentProps = ModelRowProps & { onClose: () => void };

/** Nothing is fetched from elsewhere before the person has agreed to it here. */
function Consent({ model, imageSize, onClose }: ConsentProps) {
  const { engine } = useApp();
  const hubUrl = useAppState((state) => state.models.hubUrl);
  const { consent } = t.models;
  const { title, weightsBytes, repository, license } = model;
  return (
    <fieldset className={styles.consent}>
      <legend className={styles.question}>{consent.title(title, weightsBytes)}</legend>
      <p className={styles.about}>{consent.about(new URL(hubUrl).host, repository, license)}</p>
      <div className={styles.buttons}>
        <Button onClick={onClose}>{consent.decline}</Button>
        <Button
          variant="primary"
          // The button that was pressed gave its place to this question.
          ref={(button) => button?.focus()}
          onClick={() => {
            onClose();
            run(engine.catalogue.download(model.name, imageSize));
          }}
        >
          {consent.agree}
        </Button>
      </div>
    </fieldset>
  );
}
