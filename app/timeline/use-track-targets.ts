import { useMemo } from 'react';
import { useApp, useAppState } from '../app-context';
import { objectsToTrack } from '../state/object-status';

/** Names of the objects that Track would take. */
export function useTrackTargets(): string[] {
  const { store } = useApp();
  const objects = useAppState((state) => state.objects);
  const prompts = useAppState((state) => state.prompts);
  const masklets = useAppState((state) => state.masklets);
  return useMemo(() => {
    const taken = new Set(objectsToTrack({ ...store.getState(), objects, prompts, masklets }, 'both'));
    return objects.list.filter(({ id }) => taken.has(id)).map(({ name }) => name);
  }, [store, objects, prompts, masklets]);
}
