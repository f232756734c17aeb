import { useEffect, useState } from 'react';
import { useEngine } from '../app-context';
import { formatBytes } from '../messages/format';
import { t } from '../messages/messages';

const everyMs = 1000;

/** What frames, features, memories and masks take, besides the model itself; asked for while it is looked at. */
export function MemoryInUse() {
  const engine = useEngine();
  const [bytes, setBytes] = useState<number | null>(null);
  useEffect(() => {
    const ask = async () => {
      const { media, segment } = engine.context.threads;
      const [frames, model] = await Promise.all([media.stats(), segment.stats()]);
      setBytes(frames.cacheBytes + model.featureCacheBytes + model.memoryBankBytes + model.maskStoreBytes);
    };
    // Threads that are gone say so elsewhere.
    const askQuietly = () => void ask().catch(() => setBytes(null));
    askQuietly();
    const timer = setInterval(askQuietly, everyMs);
    return () => clearInterval(timer);
  }, [engine]);
  if (bytes === null) return null;
  return (
    <>
      <dt>{t.model.rows.memory}</dt>
      <dd>{formatBytes(bytes)}</dd>
    </>
  );
}
