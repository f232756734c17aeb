/** What a decoder has to know of a stream, out of its container and, where that is silent, out of the stream. */
import { MaskletError } from '../../protocol/errors';
import { parametersOfAnnexB, parametersOfAvcC } from './avc-parameters';
import { completeColour, joinColour, type Colour } from './colour-space';
import type { Coding, EncodedVideo, SampleIndex } from '../encoded-video';
import type { FrameTable } from '../frame-table';
import { bytesOf, isAvc, isHevc } from './picture-order';
import type { SampleDescription } from './sample-descriptions';
import { isSkippedLeading } from './hevc-leading';
import type { SampleList } from './sample-list';

/** A sample's bytes, of a file that has it whole. */
type ReadSample = (sample: number) => Promise<Uint8Array>;

/** Version, profile, compatibility, level, length size, number of sets. ISO 14496-15 §5.3.3.1 */
const leastAvcC = 6;

/**
 * What the container says of a stream's codings, and what the stream adds to it.
 * @throws `unsupported-container` when neither says how the video is coded
 */
export async function completeCodings(
  descriptions: readonly SampleDescription[],
  index: SampleIndex & FrameTable,
  read: ReadSample,
): Promise<Coding & Pick<EncodedVideo, 'codings'>> {
  const codings: Coding[] = [];
  for (const [n, { colour, config, ...description }] of descriptions.entries()) {
    const first = firstSampleOf(n, index);
    const isUsed = first !== null && !description.isProtected;
    const firstSync = () => read(index.startFor(first ?? 0));
    const complete = isUsed ? await decoderConfig(config, colour, description.codecName, firstSync) : config;
    codings.push({ ...description, config: complete });
  }
  const shown = index.frameSamples.find((sample) => !codings[index.codingOf(sample)]!.isProtected);
  return { ...codings[shown === undefined ? 0 : index.codingOf(shown)]!, codings };
}

/** Null where no sample is of it. */
function firstSampleOf(coding: number, index: SampleIndex): number | null {
  let sample = 0;
  while (sample < index.sampleCount && index.codingOf(sample) !== coding) sample = index.endOfCoding(sample);
  return sample < index.sampleCount ? sample : null;
}

/**
 * @param config as the container has it
 * @param colour as the container has it
 * @param codecName for people
 * @throws `unsupported-container` when neither says how the video is coded
 */
async function decoderConfig(
  config: VideoDecoderConfig,
  colour: Colour | null,
  codecName: string,
  firstSync: () => Promise<Uint8Array>,
): Promise<VideoDecoderConfig> {
  const configuration = config.description ? bytesOf(config.description) : null;
  if (isAvc(config.codec)) {
    if (configuration && configuration.length >= leastAvcC) {
      const ofStream = parametersOfAvcC(configuration)?.colour ?? null;
      return { ...config, colorSpace: completeColour(joinColour(ofStream, colour)) };
    }
    // Written as it is broadcast, with start codes: WebCodecs takes that where it is given no configuration.
    const parameters = parametersOfAnnexB(await firstSync());
    if (!parameters) throw notDescribed(codecName);
    const { description: _, ...rest } = config;
    return { ...rest, codec: parameters.codec, colorSpace: completeColour(joinColour(parameters.colour, colour)) };
  }
  // It has no other. RFC 6386 §9.2
  if (config.codec === 'vp8') return { ...config, colorSpace: completeColour({}) };
  if (isHevc(config.codec) && !configuration) throw notDescribed(codecName);
  // Without any, Chromium takes BT.709 for what the stream says; with nulls, the stream is asked.
  return { ...config, colorSpace: colour?.matrix ? completeColour(colour) : {} };
}

/** Pictures are reordered by less; more are a damaged table. */
const maxLeading = 64;

/** Hides the frames that no decoder gives because what they are predicted from was cut away. */
export async function hideCutAway(list: SampleList, { config, isProtected }: Coding, read: ReadSample): Promise<void> {
  const { codec, description } = config;
  if (isProtected || !(isAvc(codec) || (isHevc(codec) && description))) return;
  for (const sample of list.leadingSamples().slice(0, maxLeading)) {
    // Decoders of H.264 leave out every one of them.
    const isCutAway = isAvc(codec) || isSkippedLeading(await read(sample), bytesOf(description!));
    if (isCutAway) list.hidden.add(sample);
  }
}

function notDescribed(codecName: string): MaskletError {
  return new MaskletError(
    'unsupported-container',
    `This file does not say how its video, ${codecName}, is coded. Repack it without loss: ffmpeg -i in -c copy out.mp4`,
    { reason: ['coding-not-described', codecName] },
  );
}
