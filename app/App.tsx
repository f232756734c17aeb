import { CircleQuestionMark, Layers } from 'lucide-react';
import { Tooltip } from 'radix-ui';
import { useApp, useAppState } from './app-context';
import styles from './App.module.css';
import { DropTarget } from './import-export/DropTarget';
import { ExportMenu } from './import-export/ExportMenu';
import { FirstScreen } from './import-export/FirstScreen';
import { OpenFile } from './import-export/OpenFile';
import { CommandPalette, ModelsSheet, RecordingSheet, ShortcutSheet, Workbench } from './later-parts';
import { t } from './messages/messages';
import { ModelChip } from './models/ModelChip';
import { PreferencesMenu } from './PreferencesMenu';
import { QuestionDialog } from './QuestionDialog';
import { useShortcuts } from './shortcuts/use-shortcuts';
import { patch } from './state/store';
import type { ViewState } from './state/view';
import { HistoryControls } from './tools/HistoryControls';
import { IconButton } from './ui/IconButton';
import { TopBar } from './ui/TopBar';
import { useKeys } from './use-keys';
import { useIsNarrow } from './ui/use-media-query';

/** Puts the features in their places. */
export function App() {
  const keysOf = useKeys();
  const { engine, store } = useApp();
  const close = (fields: Partial<ViewState>) => patch(store, 'view', fields);
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
        {video ? <Workbench.Part props={{ video }} /> : <FirstScreen />}
      </div>
      <DropTarget />
      {isSheetOpen ? <ShortcutSheet.Part props={{}} onDismiss={() => close({ isShortcutSheetOpen: false })} /> : null}
      {isModelsOpen ? <ModelsSheet.Part props={{}} onDismiss={() => close({ isModelsOpen: false })} /> : null}
      {isRecording ? <RecordingSheet.Part props={{}} onDismiss={() => engine.recorder.discard()} /> : null}
      {isPaletteOpen ? <CommandPalette.Part props={{}} onDismiss={() => close({ isPaletteOpen: false })} /> : null}
      <QuestionDialog />
    </Tooltip.Provider>
  );
}
