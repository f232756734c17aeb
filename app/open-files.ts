/** Opens what a person chose or dropped. */
import type { SourceFile } from '../workers/protocol/media-contract';
import type { App } from './app-context';
import { sourceFiles } from './engine/source-files';
import { replaceWork } from './questions';
import { pickFiles } from './ui/pick-files';

export async function openPicked(app: App, pick: () => Promise<File[]> = pickFiles): Promise<void> {
  const files = await pick();
  if (files.length > 0) await openGiven(app, sourceFiles(files));
}

/** Files are for the project that waits for its video, where one does. */
export async function openGiven(app: App, files: readonly SourceFile[]): Promise<void> {
  const { engine, store } = app;
  if (store.getState().projects.awaited) await engine.projects.give(files);
  else await replaceWork(app, () => engine.video.openFiles(files));
}
