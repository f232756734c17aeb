/**
 * Makes the clips of e2e/media with ffmpeg (libx264, libx265, libaom), and clips.json: what ffprobe says of them.
 * The clips are committed, so only who changes them needs ffmpeg: `node scripts/make-media.mjs`.
 *
 * Each frame of a numbered clip carries its number as a bar code: eight blocks across the top, most significant bit
 * first, white for 1, and below them the same blocks inverted. shapes.mp4 has exact masks of its two objects instead.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { editList, findBox, replaceBox } from '../e2e/media/make/iso-box.mjs';
import { box, nalUnits, readMovie, withBox, writeMovie } from '../e2e/media/make/movie.mjs';
import { displayMatrices, numberedFrame } from '../e2e/media/make/numbered-frame.mjs';
import { maskCounts, shapeNames, shapesFrame, shapesSize } from '../e2e/media/make/shapes-frame.mjs';

const folder = new URL('../e2e/media/', import.meta.url);
/** @param {string} name */
const pathOf = (name) => fileURLToPath(new URL(name, folder));

const x264 = '-c:v libx264 -threads 1 -preset slow -crf 30 -pix_fmt yuv420p';
const bFrames = `${x264} -bf 3 -g 12 -x264-params b-pyramid=normal:scenecut=0`;

/**
 * @param {string} name
 * @param {string} options of ffmpeg, for the output
 * @param {Buffer[]} frames RGB24
 * @param {{ width: number, height: number, input?: string }} from
 */
function encode(name, options, frames, { width, height, input = '' }) {
  const source = `-f rawvideo -pix_fmt rgb24 -video_size ${width}x${height} -framerate 25 -i pipe:0 ${input}`;
  const command = `-y -v error ${source} ${options} -map_metadata -1 -fflags +bitexact`.trim().split(/\s+/);
  execFileSync('ffmpeg', [...command, pathOf(name)], { input: Buffer.concat(frames) });
}

/** @typedef {{ width?: number, height?: number, count?: number, matrix?: number[], input?: string }} Numbered */

/**
 * @param {string} name
 * @param {string} options
 * @param {Numbered} numbered
 */
function encodeNumbered(name, options, { width = 128, height = 96, count = 36, matrix, input } = {}) {
  const frames = Array.from({ length: count }, (_, n) => numberedFrame(n, width, height, matrix));
  const isTurned = matrix?.[0] === 0;
  const stored = isTurned ? { width: height, height: width } : { width, height };
  encode(name, options, frames, { ...stored, ...(input ? { input } : {}) });
}

/**
 * Two passes, because only then does libvpx make frames that are never shown.
 * @param {string} name
 * @param {string} options
 */
function encodeTwoPass(name, options) {
  const log = mkdtempSync(join(tmpdir(), 'two-pass-'));
  for (const pass of [1, 2]) encodeNumbered(name, `${options} -passlogfile ${log}/log -pass ${pass}`);
  rmSync(log, { recursive: true });
}

/**
 * @param {string} source
 * @param {string} name
 * @param {string} options
 * @param {string} inputOptions
 */
function remux(source, name, options, inputOptions = '') {
  const command = `-y -v error ${inputOptions} -i ${pathOf(source)} -c copy ${options} -fflags +bitexact`;
  execFileSync('ffmpeg', [...command.trim().split(/\s+/), pathOf(name)]);
}

/**
 * Two video tracks in one file: the second one is 128 × 96.
 * @param {string} name
 * @param {string} options
 */
function encodeTwoTracks(name, options) {
  const folder = mkdtempSync(join(tmpdir(), 'two-tracks-'));
  const small = join(folder, 'small.mp4');
  const frames = Array.from({ length: 24 }, (_, n) => numberedFrame(n + 100, 64, 48));
  const source = '-y -v error -f rawvideo -pix_fmt rgb24 -video_size 64x48 -framerate 30 -i pipe:0';
  execFileSync('ffmpeg', [...`${source} ${bFrames} -fflags +bitexact`.split(' '), small], {
    input: Buffer.concat(frames),
  });
  // The input options come first, so that the small track does.
  remux('b-frames.mp4', name, `-map 0:v -map 1:v ${options}`, `-i ${small}`);
  rmSync(folder, { recursive: true });
}

/**
 * @param {string} source
 * @param {string} name
 * @param {(file: Buffer) => Buffer} change
 */
function alter(source, name, change) {
  writeFileSync(pathOf(name), change(readFileSync(pathOf(source))));
}

function encodeClips() {
  encodeNumbered('baseline.mp4', `${x264} -profile:v baseline -g 12 -movflags +faststart`);
  encodeNumbered('b-frames.mp4', bFrames);
  encodeNumbered('open-gop.mp4', `${bFrames}:open-gop=1`);
  encodeNumbered('cropped.mp4', bFrames, { width: 130, height: 98, count: 12 });
  const uneven = '-vf settb=1/90000,setpts=N*3003+mod(N*N*7\\,11)*250 -fps_mode passthrough';
  encodeNumbered('vfr.mp4', `${bFrames} ${uneven} -enc_time_base 1:90000 -video_track_timescale 90000`);
  // The same times rounded to 1/25 s, so that some frames share theirs.
  encodeNumbered('same-times.mp4', `${bFrames} ${uneven}`);
  encodeNumbered('one-frame.mp4', x264, { count: 1 });
  encodeNumbered('anamorphic.mp4', `${x264} -aspect 4:3`, { width: 64 });
  encodeNumbered('hevc.mp4', '-c:v libx265 -crf 32 -tag:v hvc1 -pix_fmt yuv420p -x265-params log-level=error:info=0');
  encodeNumbered('av1.mp4', '-c:v libaom-av1 -crf 45 -cpu-used 8 -g 12 -pix_fmt yuv420p', { count: 24 });
  const sine = '-f lavfi -i sine=frequency=440:sample_rate=8000:duration=1.44';
  encodeNumbered('camera.mov', `${bFrames} -c:a pcm_s16le`, { input: sine });
  encodeNumbered('4k.mp4', `${bFrames} -crf 51`, { width: 3840, height: 2160, count: 24 });
  encodeNumbered('8k.mp4', `${x264} -crf 51`, { width: 7680, height: 4320, count: 2 });
  // Frames shown before the key frame they come after, which need the GOP before (RASL), or do not (RADL).
  const x265 = '-c:v libx265 -crf 32 -tag:v hvc1 -pix_fmt yuv420p -x265-params log-level=error:info=0:pools=none';
  const leading = `${x265}:frame-threads=1:keyint=12:min-keyint=12:scenecut=0:bframes=4:b-adapt=0`;
  encodeNumbered('hevc-open-gop.mp4', `${leading}:open-gop=1`);
  encodeNumbered('hevc-radl.mp4', `${leading}:open-gop=0:radl=2`);

  for (const [name, matrix] of Object.entries(displayMatrices)) {
    if (name === 'upright') continue;
    const clip = `${name.replace(/\d+/, '-$&')}.mp4`;
    encodeNumbered(clip, bFrames, { count: 24, matrix });
    alter(clip, clip, (file) => {
      const matrixAt = findBox(file, 'moov/trak/tkhd').start + 8 + 40;
      matrix.forEach((value, i) => file.writeInt32BE(value * 0x10000, matrixAt + ([0, 4, 12, 16][i] ?? 0)));
      return file;
    });
  }

  encodeTwoPass('vp8.webm', '-c:v libvpx -auto-alt-ref 1 -lag-in-frames 12 -b:v 60k -g 24 -pix_fmt yuv420p');
  encodeTwoPass('vp9.webm', '-c:v libvpx-vp9 -auto-alt-ref 1 -lag-in-frames 12 -b:v 40k -g 24 -pix_fmt yuv420p');
  const vp9 = '-c:v libvpx-vp9 -crf 45 -b:v 0 -g 12';
  encodeNumbered('vp9-10-bit.webm', `${vp9} -pix_fmt yuv420p10le`, { count: 12 });
  encodeNumbered('vp9-4-2-2.webm', `${vp9} -pix_fmt yuv422p`, { count: 12 });
  encodeNumbered('vp9-4-4-4.mp4', `${vp9} -pix_fmt yuv444p`, { count: 12 });
  encodeNumbered('h264-10-bit.mp4', `${x264} -pix_fmt yuv420p10le`, { count: 12 });
  encodeNumbered('h264-4-2-2.mp4', `${x264} -pix_fmt yuv422p10le`, { count: 12 });
  encodeNumbered('h264-4-4-4.mp4', `${x264} -pix_fmt yuv444p`, { count: 12 });
  encodeNumbered('av1-10-bit.mp4', '-c:v libaom-av1 -crf 45 -cpu-used 8 -g 12 -pix_fmt yuv420p10le', { count: 12 });
  encodeNumbered('prores.mov', '-c:v prores_ks -profile:v 0 -qscale:v 32', { count: 2 });
  encodeNumbered('mpeg-2.mkv', '-c:v mpeg2video -qscale:v 24', { count: 1 });
  const small = { width: 64, height: 48, count: 24 };
  const unevenHundredths = '-vf settb=1/100,setpts=N*6+mod(N*N\\,5) -fps_mode passthrough -enc_time_base 1:100';
  encodeNumbered('moving.gif', `${unevenHundredths} -loop 0`, small);
  encodeNumbered('moving.png', `${unevenHundredths} -f apng -plays 0 -pix_fmt rgb24`, small);
  encodeNumbered('moving.webp', '-c:v libwebp_anim -loop 0 -quality 60', small);
  encodeNumbered('moving.avif', '-c:v libaom-av1 -crf 40 -cpu-used 8 -pix_fmt yuv420p', { ...small, count: 8 });
  remux('av1.mp4', 'av1.webm', '');
  remux('b-frames.mp4', 'b-frames.mkv', '-output_ts_offset 5');
  remux('anamorphic.mp4', 'anamorphic.mkv', '');
  // Starts with frame 24, after which come three that are predicted from frames no longer there.
  remux('open-gop.mp4', 'open-gop-cut.mkv', '', '-ss 0.9');
  remux('hevc-open-gop.mp4', 'hevc-open-gop-cut.mkv', '-output_ts_offset 5', '-ss 0.9');
  remux('hevc-radl.mp4', 'hevc-radl-cut.mkv', '-output_ts_offset 5', '-ss 0.9');
  remux('vfr.mp4', 'vfr.mkv', '');
  encodeTwoTracks('two-tracks.mp4', '-disposition:v:0 0 -disposition:v:1 default');
  encodeTwoTracks('two-tracks.mkv', '-disposition:v:0 default -disposition:v:1 default');
  remux('camera.mov', 'sound-too.mkv', '-cluster_time_limit 300');
  // As a recorder writes it: clusters of no stated size, no index.
  remux('vp9.webm', 'live.webm', '-live 1 -cluster_time_limit 300');
  remux('vp9.webm', 'vp9.mp4', '');

  const fragments = '-movflags +frag_keyframe+empty_moov+default_base_moof';
  remux('b-frames.mp4', 'fragmented.mp4', fragments);
  remux('b-frames.mp4', 'fragmented-offsets.mp4', '-movflags +frag_keyframe+delay_moov -frag_duration 200000');
  remux('camera.mov', 'audio-only.mp4', '-vn -c:a aac -b:a 32k');
  alter('fragmented.mp4', 'no-samples.mp4', (file) => file.subarray(0, findBox(file, 'moof').start));

  // As it is broadcast: start codes in front of NAL units instead of their lengths, and parameter sets among them.
  const stream = execFileSync('ffmpeg', ['-v', 'error', '-i', pathOf('baseline.mp4'), '-c', 'copy', '-f', 'h264', '-']);
  execFileSync(
    'ffmpeg',
    ['-y', '-v', 'error', '-i', '-', '-c', 'copy', '-fflags', '+bitexact', pathOf('annex-b.mp4')],
    {
      input: stream,
    },
  );
  alter('annex-b.mp4', 'annex-b.mp4', (file) => {
    const media = findBox(file, 'mdat');
    for (let at = media.start + 8; at < media.end;) {
      const length = file.readUInt32BE(at);
      file.writeUInt32BE(1, at);
      at += 4 + length;
    }
    return replaceBox(file, 'moov/trak/mdia/minf/stbl/stsd/avc1/avcC', Buffer.alloc(0));
  });

  // Edits of b-frames.mp4: movie timescale 1000, track timescale 12800, frames of 512, the first one at 1024.
  const at = (/** @type {number} */ frame) => 1024 + 512 * frame;
  const ms = (/** @type {number} */ frames) => 40 * frames;
  const edits = {
    'trimmed.mp4': [{ duration: ms(20), mediaTime: at(7) }],
    'delayed.mp4': [
      { duration: 500, mediaTime: -1 },
      { duration: ms(36), mediaTime: at(0) },
    ],
    'two-edits.mp4': [
      { duration: ms(10), mediaTime: at(3) },
      { duration: ms(12), mediaTime: at(20) },
    ],
  };
  for (const [name, list] of Object.entries(edits)) {
    alter('b-frames.mp4', name, (file) => replaceBox(file, 'moov/trak/edts/elst', editList(list)));
  }
}

/** Clips whose containers and streams do not tell the same. */
function encodeUnusual() {
  // An unsuspecting track goes on in another stream, of another size.
  const folder = mkdtempSync(join(tmpdir(), 'joined-'));
  const second = join(folder, 'second.mp4');
  const frames = Array.from({ length: 12 }, (_, n) => numberedFrame(n + 24, 160, 120));
  const source = '-y -v error -f rawvideo -pix_fmt rgb24 -video_size 160x120 -framerate 25 -i pipe:0';
  execFileSync('ffmpeg', [...`${source} ${x264} -profile:v baseline -g 12 -fflags +bitexact`.split(' '), second], {
    input: Buffer.concat(frames),
  });
  const joined = readMovie(readFileSync(second));
  rmSync(folder, { recursive: true });
  rewrite('baseline.mp4', 'two-descriptions.mp4', ({ entries, samples }) => ({
    entries: [...entries, ...joined.entries],
    samples: [...samples.slice(0, 24), ...joined.samples.map((sample) => ({ ...sample, description: 2 }))],
  }));
  rewrite('b-frames.mp4', 'no-offsets.mp4', ({ entries, samples }) => ({
    entries,
    samples: samples.map((sample) => ({ ...sample, shift: 0 })),
  }));
  alter('no-offsets.mp4', 'no-offsets.mp4', (file) => replaceBox(file, 'moov/trak/edts', Buffer.alloc(0)));
  // A message about nothing and a delimiter after every picture, at its time.
  const messages = [nalUnits([6, 5, 1, 0, 0x80]), nalUnits([9, 0xf0])];
  rewrite('b-frames.mp4', 'messages.mp4', ({ entries, samples }) => ({
    entries,
    samples: samples.flatMap((sample) => [
      { ...sample, duration: 0 },
      ...messages.map((data, n) => ({ ...sample, data, isSync: false, duration: n === 1 ? sample.duration : 0 })),
    ]),
  }));
  // Two pixels less from the left, four from the right, one from the top, two from below.
  rewrite('b-frames.mp4', 'clean-aperture.mp4', ({ entries: [entry = Buffer.alloc(0)], samples }) => ({
    entries: [withBox(entry, box('clap', [122, 1, 93, 1, -1, 1, -1, 2]))],
    samples,
  }));
  // The same of a picture that is turned, of pixels that are twice as high as wide.
  rewrite('clockwise-90.mp4', 'clean-aperture-turned.mp4', ({ entries: [entry = Buffer.alloc(0)], samples }) => {
    const clap = box('clap', [93, 1, 122, 1, -1, 2, -1, 1]);
    return { entries: [withBox(withBox(entry, clap), box('pasp', [1, 2]))], samples };
  });
  // The same margins, as Matroska has them.
  alter('b-frames.mkv', 'cropped.mkv', (file) => {
    const crop = [0x54, 0xcc, 0x81, 2, 0x54, 0xdd, 0x81, 4, 0x54, 0xbb, 0x81, 1, 0x54, 0xaa, 0x81, 2];
    return growElement(file, ['18538067', '1654ae6b', 'ae', 'e0'], Buffer.from(crop));
  });
  encodeCover();
  // The first track is of a codec that not every browser has.
  remux('b-frames.mp4', 'two-codecs.mp4', '-map 0:v -map 1:v -tag:v:0 hvc1', `-i ${pathOf('hevc.mp4')}`);
}

/**
 * Puts elements into one of a Matroska file. What points beyond them is not kept true. RFC 8794 §4
 * @param {Buffer} file
 * @param {string[]} path ids of the elements around them
 * @param {Buffer} added
 */
function growElement(file, path, added) {
  const grown = Buffer.from(file);
  let at = 0;
  for (const id of path) {
    at = startOf(grown, id, at) + id.length / 2;
    const width = Math.clz32(grown[at] ?? 0) - 23;
    // Of long sizes the last four bytes: no clip is larger.
    const low = Math.min(width, 4);
    grown.writeUIntBE(grown.readUIntBE(at + width - low, low) + added.length, at + width - low, low);
    at += width;
  }
  return Buffer.concat([grown.subarray(0, at), added, grown.subarray(at)]);
}

/**
 * The first element of this id from here on, none of them looked into.
 * @param {Buffer} file
 * @param {string} id
 * @param {number} from
 */
function startOf(file, id, from) {
  for (let at = from; at < file.length;) {
    const idWidth = Math.clz32(file[at] ?? 0) - 23;
    if (file.toString('hex', at, at + idWidth) === id) return at;
    const width = Math.clz32(file[at + idWidth] ?? 0) - 23;
    const low = Math.min(width, 4);
    const marker = width > 4 ? 0 : 2 ** (7 * width);
    const size = file.readUIntBE(at + idWidth + width - low, low) - marker;
    at += idWidth + width + size;
  }
  throw new Error(`No element ${id}`);
}

/** A film behind a larger picture, both enabled. */
function encodeCover() {
  const folder = mkdtempSync(join(tmpdir(), 'cover-'));
  const cover = join(folder, 'cover.mp4');
  const source = '-y -v error -f rawvideo -pix_fmt rgb24 -video_size 256x192 -framerate 25 -i pipe:0';
  const options = '-c:v mjpeg -q:v 31 -pix_fmt yuvj420p -fflags +bitexact';
  execFileSync('ffmpeg', [...`${source} ${options}`.split(' '), cover], { input: numberedFrame(200, 256, 192) });
  remux(
    'b-frames.mp4',
    'cover.mp4',
    '-map 0:v -map 1:v -disposition:v:0 default -disposition:v:1 default',
    `-i ${cover}`,
  );
  rmSync(folder, { recursive: true });
}

/**
 * @param {string} source
 * @param {string} name
 * @param {(movie: import('../e2e/media/make/movie.mjs').Movie) => import('../e2e/media/make/movie.mjs').Movie} change
 */
function rewrite(source, name, change) {
  alter(source, name, (file) => writeMovie(file, change(readMovie(file))));
}

async function encodeShapes() {
  const pictures = Array.from({ length: shapesSize.frames }, (_, n) => shapesFrame(n));
  encode(
    'shapes.mp4',
    `${x264} -crf 24 -bf 2 -g 20 -movflags +faststart`,
    pictures.map(({ rgb }) => rgb),
    shapesSize,
  );
  const objects = shapeNames.map((name, i) => ({
    name,
    counts: pictures.map(({ owner }) => maskCounts(owner, i + 1)),
  }));
  await writeJson('shapes.json', { width: shapesSize.width, height: shapesSize.height, objects });
}

/** Ways that video stores colours: how a picture is converted, and what the file says of it. */
const untagged = '-bsf:v h264_metadata=colour_primaries=2:transfer_characteristics=2:matrix_coefficients=2';
const bt2020 = '-colorspace bt2020nc -color_primaries bt2020 -color_trc bt2020-10 -color_range tv';
const colourWays = {
  'bt601-tv': ['bt601', 'tv', 'yuv420p', tagged('smpte170m', 'tv')],
  'bt601-pc': ['bt601', 'pc', 'yuv420p', tagged('smpte170m', 'pc')],
  'bt709-tv': ['bt709', 'tv', 'yuv420p', tagged('bt709', 'tv')],
  'bt709-pc': ['bt709', 'pc', 'yuv420p', tagged('bt709', 'pc')],
  // As phones write it: the matrix and the range, and nothing else.
  phone: ['bt601', 'pc', 'yuv420p', '-colorspace bt470bg -color_range pc'],
  untagged: ['bt601', 'tv', 'yuv420p', untagged],
  'bt2020-10-bit': ['bt2020', 'tv', 'yuv420p10le', bt2020],
  'bt709-4-2-2': ['bt709', 'tv', 'yuv422p', tagged('bt709', 'tv')],
  'bt709-4-4-4': ['bt709', 'tv', 'yuv444p', tagged('bt709', 'tv')],
};

/**
 * @param {string} name of matrix, primaries and transfer
 * @param {string} range
 */
function tagged(name, range) {
  return `-colorspace ${name} -color_primaries ${name} -color_trc ${name} -color_range ${range}`;
}

/**
 * One frame in each of these ways, smooth on its left and steep on its right, and what ffmpeg decodes of it: RGB24 of every
 * sixth pixel of every sixth row, as base64.
 */
async function encodeColours() {
  const side = 192;
  const rgb = Buffer.alloc(side * side * 3);
  for (let i = 0; i < side * side; i++) {
    const [x, y] = [(i % side) / side, Math.floor(i / side) / side];
    const smooth = [30 + 200 * x, 30 + 200 * y, 128 + 90 * Math.sin(4 * (x - y))];
    const steep = [0, 1, 2].map((channel) => 128 + 110 * Math.sin(40 * (x + y / 3) + channel * 2.1));
    rgb.set(x < 0.5 ? smooth : steep, i * 3);
  }
  /** @type {Record<string, string>} */
  const decoded = {};
  for (const [way, [matrix = '', range = '', format = '', tags = '']] of Object.entries(colourWays)) {
    const name = `colour-${way}.mp4`;
    const convert = `-vf scale=out_color_matrix=${matrix}:out_range=${range},format=${format}`;
    encode(name, `${convert} -c:v libx264 -threads 1 -crf 8 ${tags}`, [rgb], { width: side, height: side });
    const back = 'scale=flags=accurate_rnd+full_chroma_int,format=rgb24';
    const command = `-v error -i ${pathOf(name)} -vf ${back} -frames:v 1 -f rawvideo pipe:1`;
    const pixels = execFileSync('ffmpeg', command.split(' '));
    const isKept = (/** @type {number} */ pixel) => (pixel % side) % 6 === 0 && Math.floor(pixel / side) % 6 === 0;
    decoded[name] = Buffer.from(pixels.filter((_, i) => isKept(Math.floor(i / 3)))).toString('base64');
  }
  await writeJson('colours.json', decoded);
}

/**
 * The video stream that ffmpeg takes where nobody chooses.
 * @param {string} name
 */
function chosenStream(name) {
  const command = ['-i', pathOf(name), '-an', '-c', 'copy', '-frames:v', '1', '-f', 'null', '-'];
  const { stderr } = spawnSync('ffmpeg', command, { encoding: 'utf8' });
  return /Stream #0:(\d+) -> #0:0/.exec(stderr)?.[1] ?? 'v:0';
}

/**
 * What ffprobe makes of a clip, in the terms of VideoInfo.
 * @param {string} name
 */
function probe(name) {
  const entries = 'stream=width,height,sample_aspect_ratio,time_base,codec_name:frame=pts:stream_side_data=rotation';
  const command = `-v error -select_streams ${chosenStream(name)} -show_entries ${entries} -of json`;
  const { streams, frames } = JSON.parse(
    execFileSync('ffprobe', [...command.split(' '), pathOf(name)], { encoding: 'utf8' }),
  );
  const [stream] = streams;
  if (!stream || !frames?.length) return undefined;
  const [num, den] = stream.time_base.split('/').map(Number);
  const [sarX = 1, sarY = 1] = (stream.sample_aspect_ratio ?? '1:1').split(':').map(Number);
  const rotation = stream.side_data_list?.find((/** @type {object} */ data) => 'rotation' in data)?.rotation ?? 0;
  const size = [Math.round((stream.width * sarX) / sarY), stream.height];
  if (rotation % 180 !== 0) size.reverse();
  const first = frames[0].pts;
  return {
    codec: stream.codec_name,
    width: size[0],
    height: size[1],
    timestampsUs: frames.map((/** @type {{ pts: number }} */ { pts }) => Math.round(((pts - first) * num * 1e6) / den)),
  };
}

/**
 * @param {string} name
 * @param {object} value
 */
async function writeJson(name, value) {
  const options = await prettier.resolveConfig(pathOf(name));
  writeFileSync(pathOf(name), await prettier.format(JSON.stringify(value), { ...options, filepath: pathOf(name) }));
}

encodeClips();
encodeUnusual();
await encodeShapes();
await encodeColours();
/** Where ffprobe 5 is not followed: it takes the order of decoding, the largest track, and all of a picture. */
const unfollowed = new Set([
  'no-offsets.mp4',
  'cover.mp4',
  'clean-aperture.mp4',
  'clean-aperture-turned.mp4',
  'cropped.mkv',
]);
const clips = readdirSync(folder)
  // ffprobe 5 cannot read an animated WebP.
  .filter((name) => /\.(mp4|mov|mkv|webm|gif|png)$/.test(name) && !name.startsWith('colour-') && !unfollowed.has(name))
  .sort();
await writeJson('clips.json', Object.fromEntries(clips.map((name) => [name, probe(name)])));
