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
import { PreferencesMenu } from './PreferencesMenu';
import { useShortcuts } from './shortcuts/use-shortcuts';
import { patch } from './state/store';
import { HistoryControls } from './tools/HistoryControls';
import { IconButton } from './ui/IconButton';
import { TopBar } from './ui/TopBar';
import { useKeys } from './use-keys';
import { useIsNarrow } from './ui/use-media-query';

// What nobody sees at once comes later.
const Workbench = lazy(async () => ({ default: (await import('./Workbench')).Workbench }));
const CommandPalette = lazy(async () => ({ default: (await import('./shortcuts/CommandPalette')).CommandPalette }));
const ShortcutSheet = lazy(async () => ({ default: (await import('./shortcuts/ShortcutSheet')).ShortcutSheet }));
const RecordingSheet = lazy(async () => ({ default: (await import('./import-export/RecordingSheet')).RecordingSheet }));
const ModelsSheet = lazy(async () => ({ default: (await import('./models/ModelsSheet')).ModelsSheet }));

/** Puts the features in their places. */
export function App() {
  const keysOf = useKeys();
  const { store } = useApp();
  const video = useAppState((state) => state.project.video);
  const isSheetOpen = useAppState((state) => state.view.isShortcutSheetOpen);
  const isModelsOpen = useAppState((state) => state.view.isModelsOpen);
  const isRecording = useAppState((state) => state.recording.phase !== 'off');
  const isPaletteOpen = useAppState((state) => state.view.isPaletteOpen);
  const isNarrow = useIsNarrow();
  // Words are read while rendering: all of the page is rendered again in another language.
  useAppState((state) => state.view.language);
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
              <PreferencesMenu />
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
          <Suspense>
            <Workbench video={video} />
          </Suspense>
        ) : (
          <FirstScreen />
        )}
      </div>
      <DropTarget />
      <Suspense>
        {isSheetOpen ? <ShortcutSheet /> : null}
        {isModelsOpen ? <ModelsSheet /> : null}
        {isRecording ? <RecordingSheet /> : null}
        {isPaletteOpen ? <CommandPalette /> : null}
      </Suspense>
    </Tooltip.Provider>
  );
}
