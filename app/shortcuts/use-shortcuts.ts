import { useEffect } from 'react';
import { useApp } from '../app-context';
import { run } from '../run-command';
import { findShortcut } from './keymap';
import { runShortcut } from './run-shortcut';

/** Elements that have keys of their own. */
const typing =
  'input:not([type="range"]), textarea, select, [contenteditable="true"], [role="dialog"], [role="menu"], [role="listbox"]';
const pressing = 'button, a, summary, [role="radio"], [role="switch"]';

/** Listens for the page's keys. */
export function useShortcuts(): void {
  const { engine, store } = useApp();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || !(event.target instanceof Element)) return;
      if (event.target.closest(typing)) return;
      if ((event.key === ' ' || event.key === 'Enter') && event.target.closest(pressing)) return;
      const id = findShortcut(event, store.getState().view.hasSingleKeyShortcuts);
      const done = id && runShortcut(id, event.key, engine, store);
      if (!done) return;
      event.preventDefault();
      run(done);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [engine, store]);
}
