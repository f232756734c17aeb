/** What folders of an export call the video: one word, since some readers take names apart at spaces. */
import { safeFileName } from '../protocol/file-name';
import type { VideoInfo } from '../protocol/video';

export function sequenceName({ name }: Pick<VideoInfo, 'name'>): string {
  return safeFileName(name.replace(/\.[^.]+$/, '').replace(/\s+/g, '_'), 'video');
}
