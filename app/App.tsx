import { CircleQuestionMark, Layers } from 'lucide-react';
import { Tooltip } from 'radix-ui';
import { lazy, Suspense } from 'react';
import { useApp, useAppState } from './app-context';
import styles from './App.module.css';
import { DropTarget } from './import-export/DropTarget';
import { ExportMenu } from './import-export/ExportMenu';
import { FirstScreen } from './import-export/FirstScreen';
import { OpenFile } from './import-export/OpenFile';
import { t } from './messages/messages';
import { ModelChip } from './models/ModelChip';
import { ModelsSheet } from './models/ModelsSheet';
import { ObjectsPanel } from './objects/ObjectsPanel';
import { ShortcutSheet } from './shortcuts/ShortcutSheet';
import { useShortcuts } from './shortcuts/use-shortcuts';
import { patch } from './state/store';
import { ThemeButton } from './ThemeButton';
import { Timeline } from './timeline/Timeline';
import { HistoryControls } from './tools/HistoryControls';
import { ToolRail } from './tools/ToolRail';
import { IconButton } from './ui/IconButton';
import { Sheet } from './ui/Sheet';
import { TopBar } from './ui/TopBar';
import { useKeys } from './use-keys';
import { useIsNarrow } from './ui/use-media-query';
import { Viewport } from './viewport/Viewport';

const CommandPalette = lazy(async () => ({
  default: (await import('./shortcuts/CommandPalette')).CommandPalette,
}));

/** Puts the features in their places. */
export function App() {
  const keysOf = useKeys();
  const { store } = useApp();
  const video = useAppState((state) => state.project.video);
  const isPaletteOpen = useAppState((state) => state.view.isPaletteOpen);
  const isNarrow = useIsNarrow();
  useShortcuts();
  return (
    <Tooltip.Provider delayDuration={500} skipDelayDuration={200}>
      <div className={styles.app}>
        <TopBar
          product={t.product}
          start={
            <>
              <OpenFile />
              {video ? <HistoryControls /> : null}
            </>
          }
          end={
            <>
              <ModelChip />
              <ThemeButton />
              {isNarrow ? null : (
                <IconButton
                  label={t.bar.help}
                  keys={keysOf('help')}
                  onClick={() => patch(store, 'view', { isShortcutSheetOpen: true })}
                >
                  <CircleQuestionMark size={16} />
                </IconButton>
              )}
              {video && isNarrow ? (
                <IconButton label={t.bar.objects} onClick={() => patch(store, 'view', { isPanelOpen: true })}>
                  <Layers size={16} />
                </IconButton>
              ) : null}
              {video ? <ExportMenu /> : null}
            </>
          }
        />
        {video ? (
          <main className={styles.workbench}>
            <Viewport key={video.name} video={video} />
            <ToolRail />
            {isNarrow ? (
              <ObjectsSheet />
            ) : (
              <aside className={styles.panel}>
                <ObjectsPanel />
              </aside>
            )}
            <Timeline video={video} />
          </main>
        ) : (
          <FirstScreen />
        )}
      </div>
      <DropTarget />
      <ShortcutSheet />
      <ModelsSheet />
      {isPaletteOpen ? (
        <Suspense>
          <CommandPalette />
        </Suspense>
      ) : null}
    </Tooltip.Provider>
  );
}

function ObjectsSheet() {
  const { store } = useApp();
  const isOpen = useAppState((state) => state.view.isPanelOpen);
  return (
    <Sheet
      title={t.objects.title}
      closeLabel={t.bar.closeObjects}
      placement="bottom"
      isOpen={isOpen}
      onOpenChange={(open) => patch(store, 'view', { isPanelOpen: open })}
    >
      <ObjectsPanel hasTitle={false} />
    </Sheet>
  );
}
