import { useEffect, useId, useState } from 'react';
import type { CatalogueModel } from '../../workers/protocol/segment-contract';
import { useApp, useAppState } from '../app-context';
import { failureText, t } from '../messages/messages';
import { run } from '../run-command';
import { recommendedModel } from '../state/model-speed';
import { patch } from '../state/store';
import { Button } from '../ui/Button';
import { pickFolder, pickModelFiles } from '../ui/pick-files';
import { Sheet } from '../ui/Sheet';
import { HubAddress } from './HubAddress';
import { ModelRow } from './ModelRow';
import { PackAddress } from './PackAddress';
import styles from './ModelsSheet.module.css';

const families = ['sam2.1', 'sam2.0', 'edgetam'] as const;

/** All models, embedded and official: choose, download, remove; or bring one's own. */
export function ModelsSheet() {
  const { store } = useApp();
  const isOpen = useAppState((state) => state.view.isModelsOpen);
  return (
    <Sheet
      title={t.models.title}
      closeLabel={t.models.close}
      placement="center"
      isOpen={isOpen}
      onOpenChange={(open) => patch(store, 'view', { isModelsOpen: open })}
    >
      <ModelList />
    </Sheet>
  );
}

function ModelList() {
  const { engine } = useApp();
  const list = useAppState((state) => state.models.list);
  const status = useAppState((state) => state.model.status);
  const failure = useAppState((state) => state.models.failure ?? state.model.failure);
  const notice = useAppState((state) => state.notices.model);
  const [imageSize, setImageSize] = useState<number | null>(null);
  const [isUnfolded, setIsUnfolded] = useState(() => list?.some(({ storedBytes }) => storedBytes > 0) ?? false);
  useEffect(() => run(engine.catalogue.refresh()), [engine]);

  const speeds = useAppState((state) => state.models.speeds);
  const recommended = list && status && recommendedModel(list, status, speeds);
  const others = (list ?? []).filter((model) => model !== recommended);
  const inUse = list?.find(({ name }) => name === status?.name);
  const sizes = [...new Set(list?.flatMap((model) => model.imageSizes))].toSorted((a, b) => a - b);
  const size = imageSize ?? (inUse ? status!.imageSize : (list?.[0]?.defaultImageSize ?? null));
  const chooseSize = (chosen: number) => {
    setImageSize(chosen);
    if (inUse && inUse.sha256 && status?.imageSize !== chosen) run(engine.catalogue.load(inUse.name, chosen));
  };
  const said = failure ?? notice;
  return (
    <div className={styles.body}>
      {said ? (
        <p role="alert" className={styles.failure}>
          {failureText(said)}
        </p>
      ) : null}
      {recommended ? (
        <Recommended model={recommended} size={imageSize ?? (recommended === inUse ? status.imageSize : null)} />
      ) : null}
      <EmbeddedRow isInUse={status !== null && !inUse && engine.model.chosen === null} />
      {sizes.length > 1 && size !== null ? <SizeChoice sizes={sizes} size={size} onChoose={chooseSize} /> : null}
      {others.length > 0 ? (
        <details className={styles.all} open={isUnfolded} onToggle={(event) => setIsUnfolded(event.currentTarget.open)}>
          <summary>{t.models.all}</summary>
          {status?.provider === 'wasm' ? <p className={styles.about}>{t.models.onWasm}</p> : null}
          {families.map((family) => (
            <Family
              key={family}
              family={family}
              models={others.filter(({ architecture }) => architecture === family)}
              size={size}
            />
          ))}
        </details>
      ) : null}
      <OwnModel imageSize={imageSize} />
      <HubAddress />
    </div>
  );
}

function EmbeddedRow({ isInUse }: { isInUse: boolean }) {
  const { engine } = useApp();
  const { embedded, choose, chooseTitle, inUse } = t.models;
  return (
    <div className={styles.row} data-in-use={isInUse || undefined}>
      <div className={styles.words}>
        <h3 className={styles.name}>{embedded.title}</h3>
        <p className={styles.about}>{embedded.about}</p>
      </div>
      {isInUse ? (
        <span className={styles.inUse}>{inUse}</span>
      ) : (
        <Button aria-label={chooseTitle(embedded.title)} onClick={() => run(engine.model.replace(null))}>
          {choose}
        </Button>
      )}
    </div>
  );
}

type SizeChoiceProps = { sizes: number[]; size: number; onChoose: (size: number) => void };

function SizeChoice({ sizes, size, onChoose }: SizeChoiceProps) {
  const name = useId();
  const { imageSize, imageSizeOption, imageSizeAbout } = t.models;
  return (
    <fieldset className={styles.sizes}>
      <legend>{imageSize}</legend>
      {sizes.map((each) => (
        <label key={each}>
          <input type="radio" name={name} checked={each === size} onChange={() => onChoose(each)} />
          {imageSizeOption(each)}
        </label>
      ))}
      <p className={styles.about}>{imageSizeAbout}</p>
    </fieldset>
  );
}

/** The one that was chosen, where the model has it. */
function sizeOf({ imageSizes, defaultImageSize }: CatalogueModel, size: number | null): number {
  return size !== null && imageSizes.includes(size) ? size : defaultImageSize;
}

/** The one that suits this machine. */
function Recommended({ model, size }: { model: CatalogueModel; size: number | null }) {
  const titleId = useId();
  return (
    <section className={styles.recommended} aria-labelledby={titleId}>
      <h3 id={titleId} className={styles.heading}>
        {t.models.recommended}
      </h3>
      <p className={styles.about}>{t.models.recommendedAbout[model.architecture]}</p>
      <ModelRow model={model} imageSize={sizeOf(model, size)} isRecommended />
    </section>
  );
}

type FamilyProps = { family: (typeof families)[number]; models: CatalogueModel[]; size: number | null };

function Family({ family, models, size }: FamilyProps) {
  if (models.length === 0) return null;
  return (
    <section className={styles.family}>
      <h3 className={styles.heading}>{t.models.families[family]}</h3>
      <p className={styles.about}>{t.models.familyAbout[family]}</p>
      <ul>
        {models.map((model) => (
          <li key={model.name}>
            <ModelRow model={model} imageSize={sizeOf(model, size)} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function OwnModel({ imageSize }: { imageSize: number | null }) {
  const { engine } = useApp();
  const { own } = t.models;
  const load = async (files: File[]): Promise<void> => {
    if (files.length === 0) return;
    const sources = files.map((file) => ({ path: file.webkitRelativePath || file.name, file }));
    await engine.catalogue.loadFiles(sources, imageSize ?? undefined);
  };
  return (
    <section className={styles.family}>
      <h3 className={styles.heading}>{own.title}</h3>
      <p className={styles.about}>{own.about}</p>
      <div className={styles.buttons}>
        <Button onClick={() => run(pickModelFiles().then(load))}>{own.file}</Button>
        <Button onClick={() => run(pickFolder().then(load))}>{own.folder}</Button>
      </div>
      <PackAddress imageSize={imageSize} />
    </section>
  );
}
