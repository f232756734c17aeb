import { useCallback, useState } from 'react';

export type ElementSize = { width: number; height: number };

/** The content size of the element that takes the ref, in CSS pixels; zero before it is laid out. */
export function useElementSize(): [(element: Element | null) => (() => void) | undefined, ElementSize] {
  const [size, setSize] = useState<ElementSize>({ width: 0, height: 0 });
  const ref = useCallback((element: Element | null) => {
    if (!element) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      setSize({ width, height });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, size];
}
