import { useEffect, useRef, type RefObject } from 'react';

/** Keeps an element in sight while it is the one that counts. */
export function useScrollIntoView<T extends Element>(isCurrent: boolean): RefObject<T | null> {
  const ref = useRef<T>(null);
  useEffect(() => {
    if (isCurrent) ref.current?.scrollIntoView({ block: 'nearest' });
  }, [isCurrent]);
  return ref;
}
