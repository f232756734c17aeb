/** For tests: reads the bar code that e2e/media/make/numbered-frame.mjs draws into a clip. */

/**
 * The number that an upright frame carries. `frame` stays the caller's.
 * @throws when the two rows of the code contradict each other
 */
export async function readFrameNumber(frame: VideoFrame): Promise<number> {
  const { width, height } = frame.visibleRect!;
  const pixels = new Uint8Array(frame.allocationSize({ format: 'RGBA' }));
  const [layout] = await frame.copyTo(pixels, { format: 'RGBA' });
  const isWhite = (column: number, row: number) => {
    const x = Math.floor(((column + 0.5) * width) / 8);
    const y = Math.floor((row + 0.5) * Math.round(height / 6));
    return pixels[layout!.offset + y * layout!.stride + x * 4]! > 127;
  };
  let number = 0;
  for (let column = 0; column < 8; column++) {
    if (isWhite(column, 0) === isWhite(column, 1)) throw new Error(`Block ${column} of the bar code cannot be read`);
    number = number * 2 + Number(isWhite(column, 0));
  }
  return number;
}
