import {
  Brush,
  CircleMinus,
  CirclePlus,
  Eraser,
  LassoSelect,
  Minus,
  MousePointer2,
  MousePointerClick,
  Plus,
  SquareDashed,
  type LucideIcon,
} from 'lucide-react';
import type { CSSProperties } from 'react';
import { useApp, useAppState } from '../app-context';
import { formatPercent } from '../messages/format';
import { t } from '../messages/messages';
import { patch } from '../state/store';
import { steppedBrush, type Tool } from '../state/view';
import { IconButton } from '../ui/IconButton';
import { Popover } from '../ui/Popover';
import { Slider } from '../ui/Slider';
import { useIsNarrow } from '../ui/use-media-query';
import { useKeys } from '../use-keys';
import styles from './ToolRail.module.css';

const tools: readonly { tool: Tool; icon: LucideIcon }[] = [
  { tool: 'select', icon: MousePointer2 },
  { tool: 'point', icon: MousePointerClick },
  { tool: 'box', icon: SquareDashed },
  { tool: 'brush', icon: Brush },
  { tool: 'eraser', icon: Eraser },
  { tool: 'lasso', icon: LassoSelect },
];

/** Tools, and what a click means: the mouse has two buttons, a finger does not. */
export function ToolRail() {
  const keysOf = useKeys();
  const { store } = useApp();
  const tool = useAppState((state) => state.view.tool);
  const pointLabel = useAppState((state) => state.view.pointLabel);
  const side = useIsNarrow() ? 'top' : 'right';
  return (
    <div className={styles.rail} role="toolbar" aria-label={t.tools.label}>
      {tools.map(({ tool: id, icon: Icon }) => (
        <IconButton
          key={id}
          size="large"
          side={side}
          label={t.tools[id]}
          keys={keysOf(`${id}-tool`)}
          isPressed={tool === id}
          onClick={() => patch(store, 'view', { tool: id })}
        >
          <Icon size={18} />
        </IconButton>
      ))}
      <span className={styles.line} aria-hidden />
      {tool === 'brush' || tool === 'eraser' ? (
        <BrushControls side={side} />
      ) : (
        <fieldset aria-label={t.tools.labelGroup} className={styles.group}>
          <IconButton
            size="large"
            side={side}
            label={t.tools.add}
            isPressed={pointLabel === 1}
            className={styles.add}
            disabled={tool === 'box' || tool === 'select'}
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
            disabled={tool === 'box' || tool === 'select'}
            onClick={() => patch(store, 'view', { pointLabel: 0 })}
          >
            <CircleMinus size={18} />
          </IconButton>
        </fieldset>
      )}
    </div>
  );
}

/** Size in steps; size and hardness exactly. */
function BrushControls({ side }: { side: 'top' | 'right' }) {
  const keysOf = useKeys();
  const { store } = useApp();
  const size = useAppState((state) => state.view.brushSize);
  const hardness = useAppState((state) => state.view.brushHardness);
  const label = t.tools.brushPanel(size, hardness);
  const step = (isLarger: boolean) => patch(store, 'view', { brushSize: steppedBrush(size, isLarger) });
  return (
    <fieldset aria-label={t.tools.brush} className={styles.group}>
      <IconButton side={side} label={t.tools.larger} keys={keysOf('larger-brush')} onClick={() => step(true)}>
        <Plus size={14} />
      </IconButton>
      <Popover
        label={label}
        align="start"
        width={260}
        trigger={
          <button type="button" className={styles.brush} aria-label={label}>
            {/* As hard as the brush is. */}
            <span className={styles.tip} style={{ '--core': `${hardness * 100}%` } as CSSProperties} aria-hidden />
            {size}
          </button>
        }
      >
        <div className={styles.panel}>
          <Slider
            label={t.tools.brushSize}
            min={1}
            max={Math.max(300, size)}
            step={1}
            value={size}
            text={t.objects.pixels(size)}
            onChange={(value) => patch(store, 'view', { brushSize: value })}
          />
          <Slider
            label={t.tools.brushHardness}
            step={0.05}
            value={hardness}
            text={formatPercent(hardness)}
            onChange={(value) => patch(store, 'view', { brushHardness: value })}
          />
          <p className={styles.about}>{t.tools.brushAbout}</p>
        </div>
      </Popover>
      <IconButton side={side} label={t.tools.smaller} keys={keysOf('smaller-brush')} onClick={() => step(false)}>
        <Minus size={14} />
      </IconButton>
    </fieldset>
  );
}
