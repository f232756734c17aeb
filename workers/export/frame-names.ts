/** What files and entries of an export call frames. */
import type { VideoInfo } from '../protocol/video';

/**
 * Every frame's number in the source as text, with as many digits as the longest needs, so that names sort as frames do;
 * numbers below zero carry their sign: `-00001`, `00000`, `00001`.
 * @param leastDigits five, as DAVIS has them
 */
export function frameNames({ sourceFrames }: Pick<VideoInfo, 'sourceFrames'>, leastDigits = 5): string[] {
  // Ascending: the longest number is the first or the last one.
  const longest = Math.max(Math.abs(sourceFrames[0] ?? 0), Math.abs(sourceFrames.at(-1) ?? 0));
  const digits = Math.max(leastDigits, String(longest).length);
  return Array.from(sourceFrames, (frameNumber) => {
    const text = String(Math.abs(frameNumber)).padStart(digits, '0');
    return frameNumber < 0 ? `-${text}` : text;
  });
}
