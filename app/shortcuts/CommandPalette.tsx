import { Command } from 'cmdk';
import { useApp, useAppState } from '../app-context';
import { chooseLanguage } from '../language';
import { languageNames, t } from '../messages/messages';
import { run } from '../run-command';
import { alwaysThere, combosOf, shortcuts, type ShortcutId } from '../state/keymap';
import { patch } from '../state/store';
import { languages } from '../state/view';
import { Keys } from '../ui/Keys';
import { keysOf } from '../use-keys';
import styles from './CommandPalette.module.css';
import { paletteActions } from './palette-actions';
import { runShortcut } from './run-shortcut';

/** Every command by name, and each object: type a part of it, Enter does it. */
export function CommandPalette() {
  const app = useApp();
  const { engine, store } = app;
  const isOpen = useAppState((state) => state.view.isPaletteOpen);
  const language = useAppState((state) => state.view.language);
  const objects = useAppState((state) => state.objects.list);
  const hasVideo = useAppState((state) => state.project.video !== null);
  const setOpen = (open: boolean) => patch(store, 'view', { isPaletteOpen: open });
  const actions = paletteActions.filter(({ isAvailable }) => isAvailable(store.getState()));
  const offered = shortcuts.filter(
    ({ id }) => id !== 'select-object' && id !== 'palette' && (hasVideo || alwaysThere.has(id)),
  );
  return (
    <Command.Dialog
      open={isOpen}
      onOpenChange={setOpen}
      label={t.palette.title}
      overlayClassName={styles.overlay!}
      contentClassName={styles.palette!}
      aria-describedby={undefined}
    >
      <Command.Input className={styles.query} placeholder={t.palette.placeholder} />
      <Command.List className={styles.list} label={t.palette.title}>
        <Command.Empty className={styles.nothing}>{t.palette.nothing}</Command.Empty>
        {actions.map(({ id, act }) => (
          <Item
            key={id}
            label={t.palette.actions[id][0]}
            keywords={t.palette.actions[id].slice(1)}
            onChoose={() => {
              setOpen(false);
              run(act(app));
            }}
          />
        ))}
        {offered.map(({ id }) => (
          <Item
            key={id}
            label={t.shortcuts.labels[id]}
            keywords={t.palette.words[id] ?? []}
            shortcut={id}
            onChoose={() => {
              setOpen(false);
              const done = runShortcut(id, '', engine, store);
              if (done) run(done);
            }}
          />
        ))}
        {languages
          .filter((other) => other !== language)
          .map((other) => (
            <Item
              key={other}
              label={t.preferences.speak(languageNames[other])}
              keywords={t.palette.languageWords}
              onChoose={() => {
                setOpen(false);
                run(chooseLanguage(app, other));
              }}
            />
          ))}
        {objects.map(({ id, name }) => (
          <Item
            key={id}
            label={t.palette.select(name, id)}
            onChoose={() => {
              setOpen(false);
              engine.objects.select(id);
            }}
          />
        ))}
      </Command.List>
    </Command.Dialog>
  );
}

type ItemProps = { label: string; keywords?: readonly string[]; shortcut?: ShortcutId; onChoose: () => void };

function Item({ label, keywords = [], shortcut, onChoose }: ItemProps) {
  const combo = useAppState(({ view }) => (shortcut ? combosOf(shortcut, view.customCombos)[0] : undefined));
  return (
    <Command.Item className={styles.option} value={label} keywords={[...keywords]} onSelect={onChoose}>
      <span className={styles.label}>{label}</span>
      {combo ? <Keys keys={keysOf(combo)} /> : null}
    </Command.Item>
  );
}
