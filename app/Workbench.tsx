import type { VideoInfo } from '../workers/protocol/video';
import { useApp, useAppState } from './app-context';
import { t } from './messages/messages';
import { ObjectsPanel } from './objects/ObjectsPanel';
import { patch } from './state/store';
import { Timeline } from './timeline/Timeline';
import { ToolRail } from './tools/ToolRail';
import { Sheet } from './ui/Sheet';
import { useIsNarrow } from './ui/use-media-query';
import { Viewport } from './viewport/Viewport';
import styles from './Workbench.module.css';

/** Everything around an open video. Loaded behind the first screen. */
export function Workbench({ video }: { video: VideoInfo }) {
  const isNarrow = useIsNarrow();
  return (
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
