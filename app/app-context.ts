/** How components reach the state and the commands. */
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { Engine } from './engine/engine';
import type { AppState, AppStore } from './state/store';

export type App = { engine: Engine; store: AppStore };

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error('No AppContext above this component.');
  return app;
}

export function useEngine(): Engine {
  return useApp().engine;
}

/** Re-renders when what `select` picks changes, by identity. */
export function useAppState<T>(select: (state: AppState) => T): T {
  return useStore(useApp().store, select);
}
