/** A decoded picture without the pixels at its sides that are not meant to be seen. */
import type { Margins } from '../encoded-video';

/**
 * Takes the frame over. The picture returned is the caller's; it is the same frame where there is nothing to cut, or where
 * nothing would be left.
 */
export function withoutMargins(frame: VideoFrame, margins: Margins | null): VideoFrame {
  const rect = frame.visibleRect;
  if (!margins || !rect) return frame;
  const { left, top, right, bottom } = margins;
  const seen = {
    x: rect.x + left,
    y: rect.y + top,
    width: rect.width - left - right,
    height: rect.height - top - bottom,
  };
  if (seen.width < 1 || seen.height < 1) return frame;
  // As the stream has its pixels' shape.
  const displayWidth = Math.max(1, Math.round((seen.width * frame.displayWidth) / rect.width));
  const displayHeight = Math.max(1, Math.round((seen.height * frame.displayHeight) / rect.height));
  const init = { timestamp: frame.timestamp, displayWidth, displayHeight };
  try {
    return new VideoFrame(frame, { ...init, visibleRect: seen });
  } catch {
    // Chroma may have no edge there.
    const canvas = new OffscreenCanvas(seen.width, seen.height);
    canvas.getContext('2d', { alpha: false })!.drawImage(frame, -left, -top, rect.width, rect.height);
    return new VideoFrame(canvas, init);
  } finally {
    frame.close();
  }
}
