import { Monitor, Moon, Sun } from 'lucide-react';
import { useApp, useAppState } from './app-context';
import { t } from './messages/messages';
import { patch } from './state/store';
import type { Theme } from './state/view';
import { IconButton } from './ui/IconButton';

const next: Record<Theme, Theme> = { auto: 'dark', dark: 'light', light: 'auto' };
const icons = { auto: Monitor, dark: Moon, light: Sun };

/** From the system's theme to dark, to light, and back. */
export function ThemeButton() {
  const { store } = useApp();
  const theme = useAppState((state) => state.view.theme);
  const Icon = icons[theme];
  return (
    <IconButton label={t.bar.theme[theme]} onClick={() => patch(store, 'view', { theme: next[theme] })}>
      <Icon size={16} />
    </IconButton>
  );
}
