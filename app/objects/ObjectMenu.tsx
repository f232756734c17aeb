import { ArrowDown, ArrowUp, Ellipsis, Pencil, SquareUser, Trash2 } from 'lucide-react';
import { RadioGroup } from 'radix-ui';
import { useEngine } from '../app-context';
import { formatPercent } from '../messages/format';
import { t } from '../messages/messages';
import { run } from '../run-command';
import { usualCleanUp, type ObjectEntry } from '../state/objects';
import { objectColor, paletteSize } from '../state/palette';
import { Button } from '../ui/Button';
import { IconButton } from '../ui/IconButton';
import { Popover } from '../ui/Popover';
import { Slider } from '../ui/Slider';
import styles from './ObjectRow.module.css';

/** What is seldom done to an object. */
export function ObjectMenu({ entry, onRename }: { entry: ObjectEntry; onRename: () => void }) {
  const { id, name, colorIndex, opacity } = entry;
  const engine = useEngine();
  return (
    <Popover
      label={t.objects.menu(name)}
      width={288}
      trigger={
        <IconButton size="small" className={styles.sometimes} label={t.objects.menu(name)}>
          <Ellipsis size={14} />
        </IconButton>
      }
    >
      <div className={styles.menu}>
        <RadioGroup.Root
          className={styles.swatches}
          aria-label={t.objects.color}
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
          <Button onClick={onRename}>
            <Pencil size={14} aria-hidden />
            {t.objects.renameAction}
          </Button>
          <Button onClick={() => engine.objects.move(id, -1)}>
            <ArrowUp size={14} aria-hidden />
            {t.objects.moveUp}
          </Button>
          <Button onClick={() => engine.objects.move(id, 1)}>
            <ArrowDown size={14} aria-hidden />
            {t.objects.moveDown}
          </Button>
          <Button aria-label={t.objects.remove(name)} onClick={() => run(engine.objects.remove(id))}>
            <Trash2 size={14} aria-hidden />
            {t.objects.removeAction}
          </Button>
        </div>
      </div>
    </Popover>
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
          {...row}
          step={1}
          value={now[key]}
          onChange={(value) => engine.objects.setCleanUp(id, { ...now, [key]: value })}
        />
      ))}
    </fieldset>
  );
}
