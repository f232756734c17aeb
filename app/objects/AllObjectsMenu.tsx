import { Settings2 } from 'lucide-react';
import { useId } from 'react';
import { useAppState, useEngine } from '../app-context';
import { t } from '../messages/messages';
import { Choice } from '../ui/Choice';
import { IconButton } from '../ui/IconButton';
import { Popover } from '../ui/Popover';
import { Slider } from '../ui/Slider';
import { Toggle } from '../ui/Toggle';
import styles from './ObjectsPanel.module.css';

/** Settings that hold for the masks of all objects. */
export function AllObjectsMenu() {
  return (
    <Popover
      label={t.objects.all}
      width={280}
      trigger={
        <IconButton size="small" label={t.objects.all}>
          <Settings2 size={14} />
        </IconButton>
      }
    >
      <Menu />
    </Popover>
  );
}

function Menu() {
  const engine = useEngine();
  const settings = useAppState((state) => state.settings);
  const aboutId = useId();
  return (
    <div className={styles.menu}>
      <h2 className={styles.title}>{t.objects.all}</h2>
      {(['nonOverlapping', 'correctionsCondition'] as const).map((name) => (
        <div key={name}>
          <Toggle
            label={t.objects[name]}
            describedBy={`${aboutId}-${name}`}
            isOn={settings[name]}
            onChange={(isOn) => engine.settings.change({ [name]: isOn })}
          />
          <p id={`${aboutId}-${name}`} className={styles.about}>
            {t.objects[`${name}About`]}
          </p>
        </div>
      ))}
      <div>
        <span className={styles.fieldLabel}>{t.objects.edges}</span>
        <Choice
          label={t.objects.edges}
          columns={3}
          options={(['auto', 'picture', 'model'] as const).map((value) => ({ value, label: t.objects.edgesOf[value] }))}
          value={settings.edges}
          onChange={(edges) => engine.settings.change({ edges })}
        />
        <p className={styles.about}>{t.objects.edgesAbout}</p>
      </div>
      {(['fillHoleArea', 'removeIslandArea'] as const).map((name) => (
        <Slider
          key={name}
          label={name === 'fillHoleArea' ? t.objects.fillHoles : t.objects.removeIslands}
          min={0}
          max={64}
          step={1}
          value={settings[name]}
          text={t.objects.cells(settings[name])}
          onChange={(cells) => engine.settings.change({ [name]: cells })}
        />
      ))}
    </div>
  );
}
