import { useEffect } from 'react';
import { useApp } from '../app-context';
import { run } from '../run-command';
import { findShortcut } from '../state/keymap';
import { patch } from '../state/store';
import { runShortcut } from './run-shortcut';

/** Elements that have keys of their own. */
const typing =
  'input:not([type="range"]), textarea, select, [contenteditable="true"], [role="dialog"], [role="menu"], [role="listbox"]';
/** A slider moves by these itself; the playhead's are the page's. */
const sliding = 'input[type="range"]:not([data-playhead])';
const slidingKeys = /^(Arrow|Home$|End$|Page)/;
const pressing = 'button, a, summary, [role="radio"], [role="switch"]';

/** Listens for the page's keys. */
export function useShortcuts(): void {
  const { engine, store } = useApp();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || !(event.target instanceof Element)) return;
      if (event.target.closest(typing)) return;
      if (slidingKeys.test(event.key) && event.target.closest(sliding)) return;
      if ((event.key === ' ' || event.key === 'Enter') && event.target.closest(pressing)) return;
      if (event.key === ' ' && !event.ctrlKey && !event.metaKey && !event.altKey && store.getState().project.video) {
        // Held, it moves the view with the pointer; what it does otherwise waits until it comes up.
        event.preventDefault();
        if (!event.repeat) patch(store, 'view', { panKey: 'down' });
        return;
      }
      if (command(event)) event.preventDefault();
    };
    const command = (event: KeyboardEvent): boolean => {
      const { hasSingleKeyShortcuts, customCombos } = store.getState().view;
      const id = findShortcut(event, hasSingleKeyShortcuts, customCombos);
      const done = id && runShortcut(id, event.key, engine, store);
      if (done) run(done);
      return Boolean(done);
    };
    const onKeyUp = (event: KeyboardEvent) => {
      const { panKey } = store.getState().view;
      if (event.key !== ' ' || panKey === 'up') return;
      patch(store, 'view', { panKey: 'up' });
      if (panKey === 'down') command(event);
    };
    const onBlur = () => patch(store, 'view', { panKey: 'up' });
    window.addEventListener('keydown', onKeyDown);
    window.addEventListener('keyup', onKeyUp);
    window.addEventListener('blur', onBlur);
    return () => {
      window.removeEventListener('keydown', onKeyDown);
      window.removeEventListener('keyup', onKeyUp);
      window.removeEventListener('blur', onBlur);
    };
  }, [engine, store]);
}
