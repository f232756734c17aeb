import { useId, type ReactNode } from 'react';
import { useApp, useAppState } from '../app-context';
import { t } from '../messages/messages';
import { patch } from '../state/store';
import { Keys } from '../ui/Keys';
import { Sheet } from '../ui/Sheet';
import { Toggle } from '../ui/Toggle';
import { keysOf, shortcuts, type Shortcut, type ShortcutSection } from './keymap';
import styles from './ShortcutSheet.module.css';

/** All keys on one sheet. */
export function ShortcutSheet() {
  const { store } = useApp();
  const isOpen = useAppState((state) => state.view.isShortcutSheetOpen);
  const hasSingleKeys = useAppState((state) => state.view.hasSingleKeyShortcuts);
  const aboutId = useId();
  return (
    <Sheet
      title={t.shortcuts.title}
      closeLabel={t.shortcuts.close}
      placement="center"
      isOpen={isOpen}
      onOpenChange={(open) => patch(store, 'view', { isShortcutSheetOpen: open })}
    >
      <div className={styles.columns}>
        <Section section="playback" />
        <div>
          <Section section="prompting">
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
        <Section section="objects" />
        <div>
          <Section section="tracking" />
          <Section section="view">
            <Row label={t.shortcuts.mouse.zoom.label}>{t.shortcuts.mouse.zoom.keys}</Row>
            <Row label={t.shortcuts.mouse.pan.label}>{t.shortcuts.mouse.pan.keys}</Row>
          </Section>
          <Section section="page" />
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
      </div>
    </Sheet>
  );
}

function Section({ section, children }: { section: ShortcutSection; children?: ReactNode }) {
  return (
    <section className={styles.section}>
      <h3 className={styles.heading}>{t.shortcuts.sections[section]}</h3>
      <ul>
        {children}
        {shortcuts
          .filter((shortcut) => shortcut.section === section)
          .map((shortcut) => (
            <Row key={shortcut.id} label={t.shortcuts.labels[shortcut.id]}>
              <Combos shortcut={shortcut} />
            </Row>
          ))}
      </ul>
    </section>
  );
}

function Combos({ shortcut: { id, combos } }: { shortcut: Shortcut }) {
  // Nine keys for one thing are written as a range.
  if (id === 'select-object') return <Keys keys={['1–9']} />;
  return combos.map((combo) => <Keys key={keysOf(combo).join('+')} keys={keysOf(combo)} />);
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <li className={styles.row}>
      <span className={styles.label}>{label}</span>
      <span className={styles.keys}>{children}</span>
    </li>
  );
}
