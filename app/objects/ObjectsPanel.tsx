import { Plus } from 'lucide-react';
import { useAppState, useEngine } from '../app-context';
import { t } from '../messages/messages';
import { Button } from '../ui/Button';
import { Tooltip } from '../ui/Tooltip';
import { AllObjectsMenu } from './AllObjectsMenu';
import { Candidates } from './Candidates';
import { ModelLimits } from './ModelLimits';
import { ObjectProperties } from './ObjectProperties';
import { ObjectRow } from './ObjectRow';
import { useKeys } from '../use-keys';
import styles from './ObjectsPanel.module.css';
import { PromptList } from './PromptList';

/** The objects, and what was said about the selected one. A sheet has its own title and scrolls as a whole. */
export function ObjectsPanel({ hasTitle = true }: { hasTitle?: boolean }) {
  const keysOf = useKeys();
  const engine = useEngine();
  const list = useAppState((state) => state.objects.list);
  const selected = useAppState((state) => state.objects.list.find(({ id }) => id === state.view.selectedObject));
  return (
    <div className={styles.panel} data-sheet={!hasTitle || undefined}>
      <header className={styles.header}>
        {hasTitle ? <h2 className={styles.title}>{t.objects.title}</h2> : <span />}
        <AllObjectsMenu />
        <Tooltip label={t.objects.addTitle} keys={keysOf('new-object')} side="left">
          <Button variant="quiet" onClick={() => engine.objects.addOrReuse()}>
            <Plus size={14} aria-hidden />
            {t.objects.add}
          </Button>
        </Tooltip>
      </header>
      {list.length === 0 ? (
        <p className={styles.empty}>{t.objects.empty}</p>
      ) : (
        <ul className={styles.list} aria-label={t.objects.title}>
          {list.map((entry) => (
            <ObjectRow key={entry.id} entry={entry} isSelected={entry.id === selected?.id} />
          ))}
        </ul>
      )}
      {selected ? (
        <div className={styles.detail}>
          <ModelLimits object={selected} />
          <Candidates object={selected} />
          <PromptList object={selected} />
          <ObjectProperties entry={selected} />
        </div>
      ) : null}
    </div>
  );
}
