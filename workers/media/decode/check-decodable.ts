/** Says beforehand, and in a sentence, that a video cannot be decoded here. */
import { MaskletError } from '../../protocol/errors';
import type { Coding, EncodedVideo } from '../encoded-video';

/** WebGPU promises textures of this size and no larger. https://www.w3.org/TR/webgpu/#limits */
const maxSide = 8192;

/** Keeps every frame and its time. */
const conversion = 'ffmpeg -i in -c:v libx264 -crf 16 -pix_fmt yuv420p -fps_mode passthrough out.mp4';

/** A size that anything decodes which decodes at all. */
const ordinarySize = { codedWidth: 1280, codedHeight: 720 };

/** Why frames of one coding cannot be decoded; null where they can. */
export type FrameRefusal = ((frameIndex: number) => MaskletError) | null;

/**
 * Checks how the first frame is coded that can be decoded at all; frames that are coded otherwise are refused one by one.
 * @returns per coding
 * @throws `unsupported-codec`, `frame-too-large`
 */
export async function checkDecodable(video: EncodedVideo): Promise<FrameRefusal[]> {
  await checkCoding(video);
  return Promise.all(
    video.codings.map(async (coding): Promise<FrameRefusal> => {
      if (coding.isProtected) return protectedFrame;
      const error = await checkCoding(coding).then(
        () => null,
        (thrown: MaskletError) => thrown,
      );
      return error && (() => new MaskletError('decode-failed', error.message, { reason: error.reason, cause: error }));
    }),
  );
}

function protectedFrame(frameIndex: number): MaskletError {
  return new MaskletError(
    'decode-failed',
    `Frame ${frameIndex + 1} of this video is protected against copying. Go on without this part, or choose a video that is not.`,
    { reason: ['frame-protected', frameIndex + 1] },
  );
}

async function checkCoding({ config, codecName }: Coding): Promise<void> {
  const { codedWidth: width = 0, codedHeight: height = 0 } = config;
  checkSize(width, height);
  if (await isSupported(config)) return;
  const isLarge = Math.max(width, height) > 4096;
  if (isLarge && (await isSupported({ ...config, ...ordinarySize }))) {
    throw tooLarge(width, height, null);
  }
  const another = codecName.includes('HEVC') ? 'Try Safari, or convert' : 'Convert';
  throw new MaskletError(
    'unsupported-codec',
    `This video is ${codecName}, which this browser can't decode. ${another} it to H.264 with HandBrake, or: ${conversion}`,
    { reason: ['codec-undecodable', codecName, conversion] },
  );
}

/** Of a picture. @throws `frame-too-large` */
export function checkPictureSize(width: number, height: number): void {
  if (width <= maxSide && height <= maxSide) return;
  throw new MaskletError(
    'frame-too-large',
    `This picture is ${width} × ${height}, more than ${maxSide} pixels a side. Make it smaller, and open it again.`,
    { reason: ['picture-too-large', width, height, maxSide] },
  );
}

/** @throws `frame-too-large` */
function checkSize(width: number, height: number): void {
  if (width <= maxSide && height <= maxSide) return;
  throw tooLarge(width, height, maxSide);
}

/** Whether frames may come from a chip, whose memory for them is small and must be given back soon. */
export function mayDecodeInHardware(config: VideoDecoderConfig): Promise<boolean> {
  return isSupported({ ...config, hardwareAcceleration: 'prefer-hardware' });
}

async function isSupported(config: VideoDecoderConfig): Promise<boolean> {
  if (typeof VideoDecoder === 'undefined') return false;
  try {
    const { supported } = await VideoDecoder.isConfigSupported(config);
    return supported ?? false;
  } catch {
    // A codec string that is none.
    return false;
  }
}

function tooLarge(width: number, height: number, most: number | null): MaskletError {
  const why = most === null ? 'more than this browser can decode' : `more than ${most} pixels a side`;
  return new MaskletError(
    'frame-too-large',
    `This video is ${width} × ${height}, ${why}. Make it smaller, for example to 3840 × 2160 with HandBrake.`,
    { reason: ['video-too-large', width, height, most] },
  );
}
