/** Changes what holds for all objects. */
import type { SettingsState } from '../state/settings';
import { patch } from '../state/store';
import type { EngineContext } from './context';
import type { History } from './history';

export class SettingsCommands {
  readonly #context: EngineContext;
  readonly #history: History;

  constructor(context: EngineContext, history: History) {
    this.#context = context;
    this.#history = history;
  }

  change(changes: Partial<SettingsState>): void {
    const { store } = this.#context;
    const before = store.getState().settings;
    const names = Object.keys(changes) as (keyof SettingsState)[];
    const changed = names.filter((name) => changes[name] !== before[name]);
    if (changed.length === 0) return;
    // Before there is a video there is nothing to take back.
    if (store.getState().project.video) this.#history.begin('settings', { mergeKey: `settings ${changed.join()}` });
    patch(store, 'settings', changes);
  }
}
