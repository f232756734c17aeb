import { useId, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useApp, useAppState } from '../app-context';
import { t } from '../messages/messages';
import {
  comboOf,
  combosOf,
  rebind,
  shortcuts,
  type Combo,
  type ShortcutId,
  type ShortcutSection,
} from '../state/keymap';
import { patch } from '../state/store';
import { Button } from '../ui/Button';
import { Keys } from '../ui/Keys';
import { Sheet } from '../ui/Sheet';
import { Toggle } from '../ui/Toggle';
import { keysOf } from '../use-keys';
import styles from './ShortcutSheet.module.css';

/** A command that waits for its new keys. */
type Binding = { bound: ShortcutId | null; bind: (id: ShortcutId | null) => void };

/** All keys on one sheet; a click on one changes it. */
export function ShortcutSheet() {
  const { store } = useApp();
  const isOpen = useAppState((state) => state.view.isShortcutSheetOpen);
  const hasSingleKeys = useAppState((state) => state.view.hasSingleKeyShortcuts);
  const isCustom = useAppState((state) => Object.keys(state.view.customCombos).length > 0);
  const [bound, bind] = useState<ShortcutId | null>(null);
  const binding = { bound, bind };
  const aboutId = useId();
  return (
    <Sheet
      title={t.shortcuts.title}
      closeLabel={t.shortcuts.close}
      placement="center"
      isOpen={isOpen}
      closesOnEscape={bound === null}
      onOpenChange={(open) => patch(store, 'view', { isShortcutSheetOpen: open })}
    >
      <div className={styles.columns}>
        <Section section="playback" binding={binding} />
        <div>
          <Section section="prompting" binding={binding}>
            <Row label={t.shortcuts.mouse.positive.label}>{t.shortcuts.mouse.positive.keys}</Row>
            <Row label={t.shortcuts.mouse.negative.label}>{t.shortcuts.mouse.negative.keys}</Row>
            <Row label={t.shortcuts.mouse.box.label}>{t.shortcuts.mouse.box.keys}</Row>
            <Row label={t.shortcuts.mouse.select.label}>{t.shortcuts.mouse.select.keys}</Row>
          </Section>
          <section className={styles.section}>
            <h3 className={styles.heading}>{t.shortcuts.sections.keyboard}</h3>
            <ul>
              {Object.entries(t.shortcuts.frame).map(([id, { keys, label }]) => (
                <Row key={id} label={label}>
                  <Keys keys={keys} />
                </Row>
              ))}
            </ul>
          </section>
        </div>
        <Section section="objects" binding={binding} />
        <div>
          <Section section="tracking" binding={binding} />
          <Section section="view" binding={binding}>
            <Row label={t.shortcuts.mouse.zoom.label}>{t.shortcuts.mouse.zoom.keys}</Row>
            <Row label={t.shortcuts.mouse.pan.label}>{t.shortcuts.mouse.pan.keys}</Row>
          </Section>
          <Section section="page" binding={binding} />
        </div>
      </div>
      <div className={styles.switchRow}>
        <Toggle
          label={t.shortcuts.singleKey}
          describedBy={aboutId}
          isOn={hasSingleKeys}
          onChange={(isOn) => patch(store, 'view', { hasSingleKeyShortcuts: isOn })}
        />
        <p id={aboutId} className={styles.about}>
          {t.shortcuts.singleKeyAbout}
        </p>
        <div className={styles.custom}>
          <p className={styles.about}>{t.shortcuts.changeAbout}</p>
          <Button disabled={!isCustom} onClick={() => patch(store, 'view', { customCombos: {} })}>
            {t.shortcuts.reset}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}

type SectionProps = { section: ShortcutSection; binding: Binding; children?: ReactNode };

function Section({ section, binding, children }: SectionProps) {
  return (
    <section className={styles.section}>
      <h3 className={styles.heading}>{t.shortcuts.sections[section]}</h3>
      <ul>
        {children}
        {shortcuts
          .filter((shortcut) => shortcut.section === section)
          .map(({ id }) => (
            <Row key={id} label={t.shortcuts.labels[id]}>
              {/* Nine keys for one thing are written as a range. */}
              {id === 'select-object' ? <Keys keys={['1–9']} /> : <Bindable id={id} binding={binding} />}
            </Row>
          ))}
      </ul>
    </section>
  );
}

/** A command's keys. Pressed, it takes the next combination for its own. */
function Bindable({ id, binding: { bound, bind } }: { id: ShortcutId; binding: Binding }) {
  const { store } = useApp();
  const combos = useAppState((state) => combosOf(id, state.view.customCombos));
  const isBound = bound === id;
  const take = (event: KeyboardEvent) => {
    if (!isBound || event.key === 'Tab') return;
    event.preventDefault();
    event.stopPropagation();
    const combo = comboOf(event);
    if (event.key === 'Escape') bind(null);
    if (!combo) return;
    patch(store, 'view', { customCombos: rebind(store.getState().view.customCombos, id, combo) });
    bind(null);
  };
  return (
    <button
      type="button"
      className={styles.bindable}
      aria-label={t.shortcuts.change(t.shortcuts.labels[id], combos.map(written).join(', '))}
      aria-pressed={isBound}
      onClick={() => bind(isBound ? null : id)}
      onKeyDown={take}
      onBlur={() => isBound && bind(null)}
    >
      {isBound ? t.shortcuts.press : combos.map((combo) => <Keys key={written(combo)} keys={keysOf(combo)} />)}
      {!isBound && combos.length === 0 ? t.shortcuts.none : null}
    </button>
  );
}

function written(combo: Combo): string {
  return keysOf(combo).join('+');
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <li className={styles.row}>
      <span className={styles.label}>{label}</span>
      <span className={styles.keys}>{children}</span>
    </li>
  );
}
