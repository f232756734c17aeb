import { useEffect, useState } from 'react';

/** Follows browser zoom and moves between screens. */
export function useDevicePixelRatio(): number {
  const [ratio, setRatio] = useState(window.devicePixelRatio);
  useEffect(() => {
    const list = matchMedia(`(resolution: ${ratio}dppx)`);
    const read = () => setRatio(window.devicePixelRatio);
    list.addEventListener('change', read, { once: true });
    return () => list.removeEventListener('change', read);
  }, [ratio]);
  return ratio;
}
