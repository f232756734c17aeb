/** Opens what a person chose in the browser's dialogue. */
import type { App } from './app-context';
import { sourceFiles } from './engine/source-files';
import { replaceWork } from './questions';
import { pickFiles } from './ui/pick-files';

export async function openPicked(app: App, pick: () => Promise<File[]> = pickFiles): Promise<void> {
  const files = await pick();
  if (files.length > 0) await replaceWork(app, () => app.engine.video.openFiles(sourceFiles(files)));
}
