/** A decoder's frame out of its pool, into memory of our own. */

/** @returns a frame of the same picture, timestamp and colours that no decoder waits for; `frame` stays the caller's */
export async function copyFrame(frame: VideoFrame): Promise<VideoFrame> {
  const { format, visibleRect } = frame;
  if (!format || !visibleRect) return redraw(frame);
  const pixels = new Uint8Array(frame.allocationSize());
  const layout = await frame.copyTo(pixels);
  const init = {
    format,
    layout,
    codedWidth: visibleRect.width,
    codedHeight: visibleRect.height,
    displayWidth: frame.displayWidth,
    displayHeight: frame.displayHeight,
    timestamp: frame.timestamp,
    colorSpace: frame.colorSpace.toJSON(),
    // Not every lib.dom knows that the pixels can be moved instead of copied again.
    transfer: [pixels.buffer],
  };
  return new VideoFrame(pixels, init);
}

/** For frames that exist as an opaque texture only. */
function redraw(frame: VideoFrame): VideoFrame {
  const { width, height } = frame.visibleRect ?? { width: frame.displayWidth, height: frame.displayHeight };
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d', { alpha: false })!.drawImage(frame, 0, 0, width, height);
  const { displayWidth, displayHeight, timestamp } = frame;
  const copy = new VideoFrame(canvas, { timestamp });
  if (displayWidth === width && displayHeight === height) return copy;
  try {
    return new VideoFrame(copy, { timestamp, displayWidth, displayHeight });
  } finally {
    copy.close();
  }
}
