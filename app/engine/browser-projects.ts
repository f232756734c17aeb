/** What projects need of the browser itself. */
import type { MaskResult } from '../../workers/protocol/mask';
import { compositeMasks } from '../masks/composite-masks';
import { objectRgb } from '../state/palette';
import type { AppState } from '../state/store';
import type { ProjectDevices } from './project-devices';
import { sourceHandles } from './source-handles';

const pictureWidth = 320;

export const browserProjects: ProjectDevices = {
  isAvailable:
    isSecureContext && 'storage' in navigator && 'getDirectory' in navigator.storage && 'indexedDB' in window,
  hasProjects,
  newId: () => crypto.randomUUID(),
  nowMs: () => Date.now(),
  digest: (bytes) => crypto.subtle.digest('SHA-256', bytes),
  persist: () => navigator.storage.persist(),
  picture,
  onHidden(listener) {
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') listener();
    });
    window.addEventListener('pagehide', listener);
  },
  handles: sourceHandles,
};

async function hasProjects(): Promise<boolean> {
  const root = await navigator.storage.getDirectory();
  try {
    await root.getDirectoryHandle('projects');
    return true;
  } catch {
    return false;
  }
}

async function picture(
  frame: VideoFrame,
  masks: readonly MaskResult[],
  { objects }: Pick<AppState, 'objects'>,
): Promise<Blob> {
  const video = { x: 0, y: 0, width: frame.displayWidth, height: frame.displayHeight };
  const width = Math.min(pictureWidth, video.width);
  const height = Math.max(1, Math.round((width * video.height) / video.width));
  const layers = objects.list.flatMap(({ id, colorIndex, isVisible, opacity }) => {
    const mask = masks.find(({ object }) => object === id);
    if (!isVisible || !mask) return [];
    const look = { fillAlpha: 0.45, outlinePx: 1, opacity, featherPx: 0 };
    return [{ rle: mask.rle, box: mask.box, color: objectRgb(colorIndex), ...look }];
  });
  const overlay = new OffscreenCanvas(width, height);
  overlay
    .getContext('2d')!
    .putImageData(new ImageData(compositeMasks(layers, video, width, height), width, height), 0, 0);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  context.drawImage(frame, 0, 0, width, height);
  context.drawImage(overlay, 0, 0);
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.8 });
}
