import { CircleMinus, CirclePlus, MousePointerClick, SquareDashed } from 'lucide-react';
import { useApp, useAppState } from '../app-context';
import { t } from '../messages/messages';
import { patch } from '../state/store';
import { IconButton } from '../ui/IconButton';
import { useIsNarrow } from '../ui/use-media-query';
import styles from './ToolRail.module.css';

/** Tools, and what a click means: the mouse has two buttons, a finger does not. */
export function ToolRail() {
  const { store } = useApp();
  const tool = useAppState((state) => state.view.tool);
  const pointLabel = useAppState((state) => state.view.pointLabel);
  const side = useIsNarrow() ? 'top' : 'right';
  return (
    <div className={styles.rail} role="toolbar" aria-label={t.tools.label}>
      <IconButton
        size="large"
        side={side}
        label={t.tools.point}
        keys={['P']}
        isPressed={tool === 'point'}
        onClick={() => patch(store, 'view', { tool: 'point' })}
      >
        <MousePointerClick size={18} />
      </IconButton>
      <IconButton
        size="large"
        side={side}
        label={t.tools.box}
        keys={['B']}
        isPressed={tool === 'box'}
        onClick={() => patch(store, 'view', { tool: 'box' })}
      >
        <SquareDashed size={18} />
      </IconButton>
      <span className={styles.line} aria-hidden />
      <fieldset aria-label={t.tools.labelGroup} className={styles.group}>
        <IconButton
          size="large"
          side={side}
          label={t.tools.add}
          isPressed={pointLabel === 1}
          className={styles.add}
          disabled={tool === 'box'}
          onClick={() => patch(store, 'view', { pointLabel: 1 })}
        >
          <CirclePlus size={18} />
        </IconButton>
        <IconButton
          size="large"
          side={side}
          label={t.tools.remove}
          isPressed={pointLabel === 0}
          className={styles.remove}
          disabled={tool === 'box'}
          onClick={() => patch(store, 'view', { pointLabel: 0 })}
        >
          <CircleMinus size={18} />
        </IconButton>
      </fieldset>
    </div>
  );
}
