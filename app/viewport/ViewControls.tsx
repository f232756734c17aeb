import { Eye, EyeOff, Minus, Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { useApp, useAppState } from '../app-context';
import { formatPercent } from '../messages/format';
import { t } from '../messages/messages';
import { patch } from '../state/store';
import { comparisons, maskLooks, zoomedBy } from '../state/view';
import { Button } from '../ui/Button';
import { Choice } from '../ui/Choice';
import { IconButton } from '../ui/IconButton';
import { Popover } from '../ui/Popover';
import { Slider } from '../ui/Slider';
import { Toggle } from '../ui/Toggle';
import { useKeys } from '../use-keys';
import styles from './ViewControls.module.css';

/** @param props.scale CSS pixels per video pixel */
type ViewControlsProps = { scale: number; pixelRatio: number };

/** How masks are seen, and how near. */
export function ViewControls({ scale, pixelRatio }: ViewControlsProps) {
  const keysOf = useKeys();
  const { store } = useApp();
  const isHidden = useAppState((state) => state.view.isMaskHidden);
  const look = useAppState((state) => state.view.maskLook);
  const zoom = (factor: number) => patch(store, 'view', { zoom: zoomedBy(store.getState().view, factor) });
  return (
    <div className={styles.controls}>
      <IconButton
        size="small"
        side="top"
        label={isHidden ? t.view.showMasks : t.view.hideMasks}
        keys={keysOf('hide-masks')}
        isPressed={isHidden}
        onClick={() => patch(store, 'view', { isMaskHidden: !isHidden })}
      >
        {isHidden ? <EyeOff size={14} /> : <Eye size={14} />}
      </IconButton>
      <Popover label={t.view.title} trigger={<Trigger label={t.view.title}>{t.view.looks[look]}</Trigger>} width={260}>
        <LookPanel />
      </Popover>
      <Popover
        label={t.view.zoom}
        trigger={<Trigger label={t.view.zoom}>{t.viewport.zoom(scale * pixelRatio)}</Trigger>}
        width={220}
      >
        <div className={styles.zoomRow}>
          <Button onClick={() => patch(store, 'view', { zoom: null })}>{t.view.fit}</Button>
          <Button onClick={() => zoom(1 / pixelRatio / scale)}>{t.view.actualSize}</Button>
          <IconButton label={t.view.zoomOut} keys={keysOf('zoom-out')} onClick={() => zoom(1 / 1.5)}>
            <Minus size={14} />
          </IconButton>
          <IconButton label={t.view.zoomIn} keys={keysOf('zoom-in')} onClick={() => zoom(1.5)}>
            <Plus size={14} />
          </IconButton>
        </div>
      </Popover>
    </div>
  );
}

function LookPanel() {
  const { store } = useApp();
  const { maskLook, maskOpacity, hasOnionSkin, comparison } = useAppState((state) => state.view);
  return (
    <div className={styles.panel}>
      <Choice
        label={t.view.title}
        value={maskLook}
        options={maskLooks.map((value) => ({ value, label: t.view.looks[value] }))}
        onChange={(look) => patch(store, 'view', { maskLook: look })}
      />
      <Slider
        label={t.view.opacity}
        value={maskOpacity}
        text={formatPercent(maskOpacity)}
        onChange={(value) => patch(store, 'view', { maskOpacity: value })}
      />
      <Toggle
        label={t.view.onionSkin}
        isOn={hasOnionSkin}
        onChange={(isOn) => patch(store, 'view', { hasOnionSkin: isOn })}
      />
      <div>
        <h3 className={styles.heading}>{t.view.compare}</h3>
        <Choice
          label={t.view.compare}
          value={comparison}
          columns={3}
          options={comparisons.map((value) => ({ value, label: t.view.comparisons[value] }))}
          onChange={(chosen) => patch(store, 'view', { comparison: chosen })}
        />
        <p className={styles.about}>{t.view.compareAbout}</p>
      </div>
    </div>
  );
}

function Trigger({ label, children, ...props }: { label: string; children: ReactNode }) {
  return (
    <button type="button" className={styles.trigger} aria-label={label} {...props}>
      {children}
    </button>
  );
}
