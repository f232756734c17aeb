import { Settings2 } from 'lucide-react';
import { useApp, useAppState } from './app-context';
import { chooseLanguage } from './language';
import { languageNames, t } from './messages/messages';
import styles from './PreferencesMenu.module.css';
import { run } from './run-command';
import { patch } from './state/store';
import { languages, themes } from './state/view';
import { Choice } from './ui/Choice';
import { IconButton } from './ui/IconButton';
import { Popover } from './ui/Popover';

/** How the page looks, and which language it speaks. */
export function PreferencesMenu() {
  const app = useApp();
  const { store } = app;
  const theme = useAppState((state) => state.view.theme);
  const language = useAppState((state) => state.view.language);
  const words = t.preferences;
  return (
    <Popover
      label={words.button}
      width={240}
      trigger={
        <IconButton label={words.button}>
          <Settings2 size={16} />
        </IconButton>
      }
    >
      <div className={styles.menu}>
        <h2 className={styles.heading}>{words.theme}</h2>
        <Choice
          label={words.theme}
          options={themes.map((value) => ({ value, label: words.themes[value] }))}
          value={theme}
          columns={themes.length}
          onChange={(chosen) => patch(store, 'view', { theme: chosen })}
        />
        <h2 className={styles.heading}>{words.language}</h2>
        <Choice
          label={words.language}
          options={languages.map((value) => ({ value, label: languageNames[value], lang: value }))}
          value={language}
          columns={languages.length}
          onChange={(chosen) => run(chooseLanguage(app, chosen))}
        />
      </div>
    </Popover>
  );
}
