/** Which of the browser's encoders records a picture of a size. */
import type { VideoCodec } from 'mediabunny';
import { MaskletError } from '../../protocol/errors';

export type RecordingCodec = { codec: VideoCodec; config: VideoEncoderConfig };

const bitsPerPixel = 0.2;

/** H.264 first: chips have encoders for it, and every editor opens it. High profile, level 4.2 and 5.1; ISO 14496-15 §5.3.1. */
const candidates: { codec: VideoCodec; string: string }[] = [
  { codec: 'avc', string: 'avc1.64002a' },
  { codec: 'avc', string: 'avc1.640033' },
  { codec: 'avc', string: 'avc1.42e033' },
  { codec: 'vp9', string: 'vp09.00.51.08' },
  { codec: 'av1', string: 'av01.0.13M.08' },
];

/** @throws `unsupported-codec` */
export async function recordingCodec(width: number, height: number, framesPerSecond: number): Promise<RecordingCodec> {
  for (const { codec, string } of candidates) {
    const config: VideoEncoderConfig = {
      codec: string,
      width,
      height,
      framerate: framesPerSecond,
      bitrate: Math.round(width * height * Math.min(framesPerSecond, 30) * bitsPerPixel),
      // No frame is held back to be predicted from later ones: each comes out before the next goes in.
      latencyMode: 'realtime',
      ...(codec === 'avc' ? { avc: { format: 'avc' } } : {}),
    };
    if (await isSupported(config)) return { codec, config };
  }
  throw new MaskletError(
    'unsupported-codec',
    `This browser can't record ${width} × ${height}. Choose a smaller picture, or record with another program.`,
  );
}

async function isSupported(config: VideoEncoderConfig): Promise<boolean> {
  if (typeof VideoEncoder === 'undefined') return false;
  try {
    const { supported } = await VideoEncoder.isConfigSupported(config);
    return supported ?? false;
  } catch {
    return false;
  }
}
