import { ArrowDown, ArrowUp, Ellipsis, Pencil, SquareUser, Trash2 } from 'lucide-react';
import { RadioGroup } from 'radix-ui';
import { useEngine } from '../app-context';
import { t } from '../messages/messages';
import { run } from '../run-command';
import type { ObjectEntry } from '../state/objects';
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
      width={264}
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
        <Slider label={t.objects.opacity} value={opacity} onChange={(value) => engine.objects.setOpacity(id, value)} />
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
