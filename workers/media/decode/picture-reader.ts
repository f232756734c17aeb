/** The browser's own decoders of pictures, one picture at a time. */
import { MaskletError } from '../../protocol/errors';
import type { Animation, PictureSequence } from '../pictures';

export type PictureReader = {
  /** Pictures worth decoding at once. */
  readonly concurrency: number;
  /**
   * @param onFrame takes the picture asked for, and those that had to be decoded for it; it closes them
   * @throws `decode-failed`, `truncated-file` when a file can no longer be read
   */
  decode(picture: number, onFrame: (picture: number, frame: VideoFrame) => void): Promise<void>;
  close(): void;
};

/** Upright, over black where transparent, and with the numbers that are in the file: no colour profile is applied. */
export function sequenceReader(sequence: PictureSequence): PictureReader {
  return {
    concurrency: 3,
    async decode(picture, onFrame) {
      const file = await sequence.read(picture);
      const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none' }).catch((cause: unknown) => {
        throw notDecoded(picture, cause);
      });
      try {
        onFrame(picture, overBlack(bitmap, bitmap.width, bitmap.height));
      } finally {
        bitmap.close();
      }
    },
    close() {},
  };
}

/** Pictures before one asked for out of order that are kept, for who goes on backward: each is drawn over the last. */
const backwardRun = 16;

/** @throws `unsupported-codec` where the browser has no decoder for animations */
export async function animationReader({ codec, mimeType, data }: Animation): Promise<PictureReader> {
  if (typeof ImageDecoder === 'undefined' || !(await ImageDecoder.isTypeSupported(mimeType))) {
    throw new MaskletError(
      'unsupported-codec',
      `This browser can't decode the frames of an animated ${codec.toUpperCase()}. Convert it: ffmpeg -i in -c:v libx264 -crf 16 -pix_fmt yuv420p out.mp4`,
      { reason: ['animation-undecodable', codec.toUpperCase()] },
    );
  }
  const decoder = new ImageDecoder({
    data,
    type: mimeType,
    preferAnimation: true,
    colorSpaceConversion: 'none',
  });
  let next = 0;
  return {
    concurrency: 1,
    async decode(picture, onFrame) {
      const first = picture < next ? Math.max(0, picture - backwardRun + 1) : picture;
      try {
        for (let frameIndex = first; frameIndex <= picture; frameIndex++) {
          const { image } = await decoder.decode({ frameIndex });
          try {
            onFrame(frameIndex, overBlack(image, image.displayWidth, image.displayHeight));
          } finally {
            image.close();
          }
        }
      } catch (cause) {
        throw notDecoded(picture, cause);
      }
      next = picture + 1;
    },
    close: () => decoder.close(),
  };
}

/** Drawn, because a frame made of a picture itself is not turned as the picture says (EXIF). */
function overBlack(picture: CanvasImageSource, width: number, height: number): VideoFrame {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d', { alpha: false })!.drawImage(picture, 0, 0);
  return new VideoFrame(canvas, { timestamp: 0, alpha: 'discard' });
}

function notDecoded(picture: number, cause: unknown): MaskletError {
  return new MaskletError('decode-failed', `Picture ${picture + 1} could not be decoded: its file is damaged.`, {
    reason: ['picture-damaged', picture + 1],
    cause,
  });
}
