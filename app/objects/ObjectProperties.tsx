import { SquareUser, Trash2 } from 'lucide-react';
import { RadioGroup } from 'radix-ui';
import { useEffect, useRef } from 'react';
import { useEngine } from '../app-context';
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

/** Enter and leaving take the name, Escape does not. */
function NameRow({ entry: { id, name } }: { entry: ObjectEntry }) {
  const engine = useEngine();
  const ref = useRef<HTMLInputElement>(null);
  // Renamed elsewhere, or taken back.
  useEffect(() => {
    ref.current!.value = name;
  }, [name]);
  return (
    <label className={styles.nameRow} data-property="name">
      <span>{t.objects.nameField}</span>
      <input
        ref={ref}
        className={styles.field}
        defaultValue={name}
        maxLength={80}
        onBlur={({ currentTarget }) => {
          engine.objects.rename(id, currentTarget.value);
          if (!currentTarget.value.trim()) currentTarget.value = name;
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.value = name;
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
