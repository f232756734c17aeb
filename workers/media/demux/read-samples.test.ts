import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { box, nalUnits, readMovie, withBox, writeMovie, type Movie } from '../../../e2e/media/make/movie.mjs';
import { replaceBox } from '../../../e2e/media/make/iso-box.mjs';
import { demuxFile } from './demux-file';

const never = new AbortController().signal;
const read = (name: string) => readFileSync(new URL(`../../../e2e/media/${name}`, import.meta.url));
const open = (file: Buffer) => demuxFile(new Blob([new Uint8Array(file)]), never);
const rewritten = (name: string, change: (movie: Movie) => Movie) => {
  const file = read(name);
  return replaceBox(writeMovie(file, change(readMovie(file))), 'moov/trak/edts', Buffer.alloc(0));
};
const unchanged = (movie: Movie) => movie;

describe('an order that the container does not tell', () => {
  const withoutOffsets = ({ entries, samples }: Movie) => ({
    entries,
    samples: samples.map((sample) => ({ ...sample, shift: 0 })),
  });

  it.each([
    'b-frames.mp4',
    'open-gop.mp4',
    'shapes.mp4',
    'hevc.mp4',
    'hevc-open-gop.mp4',
    'hevc-radl.mp4',
    'baseline.mp4',
  ])('is read from the stream: %s', async (name) => {
    const told = await open(rewritten(name, unchanged));
    const found = await open(rewritten(name, withoutOffsets));
    expect([...found.frames.frameSamples]).toEqual([...told.frames.frameSamples]);
    expect([...found.frames.timestampsUs]).toEqual([...told.frames.timestampsUs]);
    expect(found.frames.durationUs).toBe(told.frames.durationUs);
  });

  it('is not cut short by an edit that leaves out the delay of the offsets', async () => {
    const file = read('b-frames.mp4');
    const { frames } = await open(writeMovie(file, withoutOffsets(readMovie(file))));
    const told = await open(file);
    expect([...frames.frameSamples]).toEqual([...told.frames.frameSamples]);
    expect([...frames.timestampsUs]).toEqual([...told.frames.timestampsUs]);
    const trimmed = read('trimmed.mp4');
    expect((await open(writeMovie(trimmed, withoutOffsets(readMovie(trimmed))))).frames.frameSamples).toHaveLength(20);
  });

  it('is found across descriptions, each a stream of its own', async () => {
    const { entries, samples } = readMovie(read('b-frames.mp4'));
    const twice = rewritten('b-frames.mp4', () => ({
      entries: [entries[0]!, withBox(entries[0]!, box('pasp', [2, 1]))],
      samples: [...samples, ...samples.map((sample) => ({ ...sample, description: 2 }))].map((sample) => ({
        ...sample,
        shift: 0,
      })),
    }));
    const once = [...(await open(rewritten('b-frames.mp4', unchanged))).frames.frameSamples];
    expect([...(await open(twice)).frames.frameSamples]).toEqual([...once, ...once.map((sample) => sample + 36)]);
  });

  it('is not guessed where samples are too damaged to tell it', async () => {
    const damaged = rewritten('b-frames.mp4', ({ entries, samples }) => ({
      entries,
      samples: samples.map((sample, n) => ({
        ...sample,
        shift: 0,
        data: n === 20 ? Buffer.alloc(sample.data.length, 0xff) : sample.data,
      })),
    }));
    await expect(open(damaged)).rejects.toMatchObject({ code: 'unsupported-container', reason: ['order-unknown'] });
  });
});

describe('samples without a picture', () => {
  const avc = { message: [6, 5, 1, 0, 0x80], delimiter: [9, 0xf0] };
  const hevc = { message: [0x4e, 1, 5, 1, 0, 0x80], delimiter: [0x46, 1, 0x50] };

  it.each([
    ['b-frames.mp4', avc],
    ['hevc-radl.mp4', hevc],
  ])('are no frames, wherever they stand: %s', async (name, { message, delimiter }) => {
    const told = await open(rewritten(name, unchanged));
    const empty = { shift: 0, isSync: false };
    const between = await open(
      rewritten(name, ({ entries, samples }) => ({
        entries,
        samples: samples.flatMap((sample) => [
          { ...sample, ...empty, data: nalUnits(delimiter), duration: 0, shift: sample.shift },
          { ...sample, duration: sample.duration - 1 },
          // At a time of its own.
          { ...sample, ...empty, data: nalUnits(message, message), duration: 1, shift: sample.shift },
        ]),
      })),
    );
    expect([...between.frames.frameSamples]).toEqual([...told.frames.frameSamples].map((sample) => 3 * sample + 1));
    expect([...between.frames.timestampsUs]).toEqual([...told.frames.timestampsUs]);
  });

  it('that are the key of the picture after them give it that, and their parameter sets', async () => {
    const parameters = [0x67, 0x64, 0, 0x0a, 0xac, 0xd9, 0x82, 0x0d, 0xa1];
    const split = await open(
      rewritten('b-frames.mp4', ({ entries, samples }) => ({
        entries,
        samples: samples.flatMap((sample) =>
          sample.isSync
            ? [
                { ...sample, data: nalUnits(parameters), duration: 0 },
                { ...sample, isSync: false },
              ]
            : [sample],
        ),
      })),
    );
    const told = await open(rewritten('b-frames.mp4', unchanged));
    // One sample more before each of three key pictures.
    const moved = [...told.frames.frameSamples].map((sample) => sample + Math.floor(sample / 12) + 1);
    expect([...split.frames.frameSamples]).toEqual(moved);
    expect([0, 1, 2, 14].map((sample) => split.index.isSync(sample))).toEqual([false, true, false, true]);
    const [none, picture] = [(await split.read(0))[0]!, (await split.read(1))[0]!];
    expect(none).toHaveLength(0);
    expect([...picture.subarray(4, 4 + parameters.length)]).toEqual(parameters);
  });

  it('are told from damage, which is a frame', async () => {
    const damaged = rewritten('b-frames.mp4', ({ entries, samples }) => ({
      entries,
      samples: samples.map((sample, n) => (n % 5 ? sample : { ...sample, data: Buffer.alloc(20, n % 2 ? 0 : 0xff) })),
    }));
    expect((await open(damaged)).frames.frameSamples).toHaveLength(36);
  });
});

describe('sample descriptions', () => {
  const joined = read('two-descriptions.mp4');
  const { entries, samples } = readMovie(joined);
  const written = (change: Partial<Movie>) => open(writeMovie(joined, { entries, samples, ...change }));
  const descriptionBytes = (config: VideoDecoderConfig) => [...new Uint8Array(config.description as ArrayBuffer)];
  /** An entry as it is once its samples are encrypted. ISO 14496-12 §8.12 */
  const encrypted = (entry: Buffer, isProtected: number) => {
    const tenc = box('tenc', [0, isProtected << 8, 0, 0, 0, 0]);
    const sinf = box('sinf', [], box('frma', [], Buffer.from('avc1')), box('schi', [], tenc));
    const protectedEntry = withBox(entry, sinf);
    protectedEntry.write('encv', 4, 'latin1');
    return protectedEntry;
  };

  it('are those of their samples, and no sample is decoded from one of another', async () => {
    const { codings, index, config } = await open(joined);
    expect(codings.map(({ config: { codedWidth } }) => codedWidth)).toEqual([128, 160]);
    expect(config).toEqual(codings[0]!.config);
    expect(descriptionBytes(codings[0]!.config)).not.toEqual(descriptionBytes(codings[1]!.config));
    expect([0, 23, 24, 35].map((sample) => index.codingOf(sample))).toEqual([0, 0, 1, 1]);
    expect([0, 23, 24, 35].map((sample) => index.endOfCoding(sample))).toEqual([24, 24, 36, 36]);
    expect([index.startFor(30), index.startFor(24, 24)]).toEqual([24, 24]);
  });

  it('that say the same are one', async () => {
    const { codings } = await written({ entries: [entries[0]!, entries[0]!] });
    expect(codings).toHaveLength(1);
  });

  it('of fragments are those that the fragments name', async () => {
    const file = read('fragmented.mp4');
    const [own] = boxOf(file, 'avc1');
    const changed = replaceBox(
      file,
      'moov/trak/mdia/minf/stbl/stsd',
      Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, 2]), entries[1]!, own!]),
    );
    // `trex`: after its header and the track's id.
    changed.writeUInt32BE(2, changed.indexOf('trex') + 4 + 8);
    const { config } = await open(changed);
    expect(config).toMatchObject({ codedWidth: 128, codec: 'avc1.64000a' });
  });

  it('may be encrypted, where others are clear', async () => {
    const second = await written({ entries: [entries[0]!, encrypted(entries[1]!, 1)] });
    expect(second.codings.map(({ isProtected }) => isProtected)).toEqual([false, true]);
    expect(second.frames.frameSamples).toHaveLength(36);
    const first = await written({ entries: [encrypted(entries[0]!, 1), entries[1]!] });
    // The first frame that can be decoded is what the video is taken for.
    expect(first.config).toMatchObject({ codedWidth: 160, codec: expect.stringMatching(/^avc1\.42c0/) });
    const unused = await written({
      entries: [encrypted(entries[0]!, 1), ...entries],
      samples: samples.map((sample) => ({ ...sample, description: (sample.description ?? 1) + 1 })),
    });
    expect(unused.codings.filter((_, n) => unused.index.codingOf(0) === n)[0]).toMatchObject({ isProtected: false });
    const leftClear = await written({ entries: [encrypted(entries[0]!, 0), entries[1]!] });
    expect(leftClear.codings[0]).toMatchObject({ isProtected: false, codecName: 'H.264 (avc1)' });
    await expect(written({ entries: entries.map((entry) => encrypted(entry, 1)) })).rejects.toMatchObject({
      code: 'unsupported-codec',
      reason: ['copy-protected'],
    });
  });
});

/** All boxes of a type, found by its four letters. */
function boxOf(file: Buffer, type: string): Buffer[] {
  const at = file.indexOf(type) - 4;
  return at < 0 ? [] : [file.subarray(at, at + file.readUInt32BE(at))];
}
