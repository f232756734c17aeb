import { SquareUser, Trash2 } from 'lucide-react';
import { RadioGroup } from 'radix-ui';
import { useEffect, useId, useRef } from 'react';
import { useAppState, useEngine } from '../app-context';
import { formatPercent } from '../messages/format';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { usualCleanUp, type ObjectEntry } from '../state/objects';
import { objectColor, paletteSize } from '../state/palette';
import { Button } from '../ui/Button';
import { Slider } from '../ui/Slider';
import styles from './ObjectProperties.module.css';

/** Everything about the selected object that holds on all frames. */
export function ObjectProperties({ entry }: { entry: ObjectEntry }) {
  const { id, name, colorIndex, opacity } = entry;
  const engine = useEngine();
  return (
    <section className={styles.properties} aria-label={t.objects.properties(name)}>
      <h3 className={styles.title}>{t.objects.propertiesTitle}</h3>
      <NameRow key={id} entry={entry} />
      <CategoryRow key={`class ${id}`} entry={entry} />
      <RadioGroup.Root
        className={styles.swatches}
        aria-label={t.objects.color}
        data-property="color"
        value={String(colorIndex)}
        onValueChange={(value) => engine.objects.recolor(id, Number(value))}
      >
        {Array.from({ length: paletteSize }, (_, n) => (
          <RadioGroup.Item
            key={n}
            value={String(n)}
            className={styles.swatch}
            aria-label={t.objects.colorOf(n + 1)}
            style={{ background: objectColor(n) }}
          />
        ))}
      </RadioGroup.Root>
      <Slider
        label={t.objects.opacity}
        property="opacity"
        value={opacity}
        text={formatPercent(opacity)}
        onChange={(value) => engine.objects.setOpacity(id, value)}
      />
      <CleanUp entry={entry} />
      <div className={styles.actions}>
        <Button onClick={() => engine.objects.solo(id)}>
          <SquareUser size={14} aria-hidden />
          {t.objects.solo}
        </Button>
        <Button
          className={styles.remove}
          aria-label={t.objects.remove(name)}
          onClick={() => run(engine.objects.remove(id))}
        >
          <Trash2 size={14} aria-hidden />
          {t.objects.removeAction}
        </Button>
      </div>
    </section>
  );
}

function NameRow({ entry: { id, name } }: { entry: ObjectEntry }) {
  const engine = useEngine();
  return (
    <TextRow
      label={t.objects.nameField}
      property="name"
      value={name}
      isNeeded
      onTake={(text) => engine.objects.rename(id, text)}
    />
  );
}

/** Offers the classes that other objects have. */
function CategoryRow({ entry: { id, category } }: { entry: ObjectEntry }) {
  const engine = useEngine();
  const objects = useAppState((state) => state.objects.list);
  const listId = useId();
  const known = new Set(objects.flatMap((entry) => entry.category ?? []));
  return (
    <>
      <TextRow
        label={t.objects.categoryField}
        property="category"
        value={category ?? ''}
        placeholder={t.objects.noCategory}
        list={listId}
        onTake={(text) => engine.objects.setCategory(id, text)}
      />
      <datalist id={listId}>
        {[...known].map((one) => (
          <option key={one}>{one}</option>
        ))}
      </datalist>
    </>
  );
}

type TextRowProps = {
  label: string;
  property: string;
  value: string;
  placeholder?: string;
  /** Id of a list of proposals. */
  list?: string;
  /** An empty text is not taken. */
  isNeeded?: boolean;
  onTake: (text: string) => void;
};

/** Enter and leaving take the text, Escape does not. */
function TextRow({ label, property, value, placeholder, list, isNeeded = false, onTake }: TextRowProps) {
  const ref = useRef<HTMLInputElement>(null);
  // Changed elsewhere, or taken back.
  useEffect(() => {
    ref.current!.value = value;
  }, [value]);
  return (
    <label className={styles.nameRow} data-property={property}>
      <span>{label}</span>
      <input
        ref={ref}
        className={styles.field}
        defaultValue={value}
        placeholder={placeholder}
        list={list}
        maxLength={80}
        onBlur={({ currentTarget }) => {
          onTake(currentTarget.value);
          if (isNeeded && !currentTarget.value.trim()) currentTarget.value = value;
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.value = value;
          if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur();
        }}
      />
    </label>
  );
}

/** Repairs for view and export. */
function CleanUp({ entry: { id, cleanUp } }: { entry: ObjectEntry }) {
  const engine = useEngine();
  const now = cleanUp ?? usualCleanUp;
  const rows = [
    { key: 'growPx', label: t.objects.grow, min: -20, max: 20, text: t.objects.pixels(now.growPx) },
    { key: 'smoothPx', label: t.objects.smooth, min: 0, max: 20, text: t.objects.pixels(now.smoothPx) },
    { key: 'featherPx', label: t.objects.feather, min: 0, max: 40, text: t.objects.pixels(now.featherPx) },
    { key: 'fillHoleArea', label: t.objects.fillHoles, min: 0, max: 64, text: t.objects.cells(now.fillHoleArea) },
    {
      key: 'removeIslandArea',
      label: t.objects.removeIslands,
      min: 0,
      max: 64,
      text: t.objects.cells(now.removeIslandArea),
    },
  ] as const;
  return (
    <fieldset className={styles.cleanUp}>
      <legend className={styles.legend}>
        {t.objects.cleanUp} <span className={styles.about}>{t.objects.cleanUpAbout}</span>
      </legend>
      {rows.map(({ key, ...row }) => (
        <Slider
          key={key}
          property={key}
          {...row}
          step={1}
          value={now[key]}
          onChange={(value) => engine.objects.setCleanUp(id, { ...now, [key]: value })}
        />
      ))}
    </fieldset>
  );
}
