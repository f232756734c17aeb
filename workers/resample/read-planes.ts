/** The planes of a video frame as it was decoded: luma and chroma, on the CPU. */

/** Samples of one kind, row-major. */
export type Plane = {
  data: Uint8Array | Uint16Array;
  /** In `data`, of the first sample. */
  offset: number;
  /** From row to row. */
  stride: number;
  /** From sample to sample. */
  step: number;
  width: number;
  height: number;
  /** Samples that the picture's width and height take; less than a plane's where the picture's are odd. */
  extentX: number;
  extentY: number;
};

export type FramePlanes = {
  luma: Plane;
  blue: Plane;
  red: Plane;
  /** Of a sample. */
  bits: number;
  isFullRange: boolean;
  matrix: string | null;
};

/** Pixels of luma a sample of chroma, across and down. */
const subsampling: Record<string, readonly [number, number]> = {
  I420: [2, 2],
  I422: [2, 1],
  I444: [1, 1],
  NV12: [2, 2],
};

/** Null for frames that are not stored so, or are transparent. Leaves the frame open. */
export async function readPlanes(frame: VideoFrame): Promise<FramePlanes | null> {
  const { format, visibleRect, colorSpace } = frame;
  const [, kind = '', depth] = /^(I4\d\d|NV12)(?:P(1\d))?$/.exec(format ?? '') ?? [];
  const sampling = subsampling[kind];
  if (!sampling || !visibleRect || colorSpace.matrix === 'rgb') return null;
  const buffer = new ArrayBuffer(frame.allocationSize());
  const layout = await frame.copyTo(buffer);
  const bits = Number(depth ?? 8);
  const bytes = bits > 8 ? 2 : 1;
  const data = bytes === 2 ? new Uint16Array(buffer) : new Uint8Array(buffer);
  const plane = (n: number, [across, down]: readonly [number, number], step = 1, first = 0): Plane => ({
    data,
    offset: layout[n]!.offset / bytes + first,
    stride: layout[n]!.stride / bytes,
    step,
    width: Math.ceil(visibleRect.width / across),
    height: Math.ceil(visibleRect.height / down),
    extentX: visibleRect.width / across,
    extentY: visibleRect.height / down,
  });
  const isInterleaved = kind === 'NV12';
  return {
    luma: plane(0, [1, 1]),
    blue: isInterleaved ? plane(1, sampling, 2) : plane(1, sampling),
    red: isInterleaved ? plane(1, sampling, 2, 1) : plane(2, sampling),
    bits,
    isFullRange: colorSpace.fullRange ?? false,
    matrix: colorSpace.matrix,
  };
}
