/**
 * Which of many files are the pictures of a video, or of several, in which order, and what the video calls them. By their paths alone,
 * so that thousands of files cost nothing. Pure.
 *
 * Knows the layouts of DAVIS, YouTube-VOS and MOSE (`JPEGImages/…/name/00000.jpg` beside `Annotations/…`) and of SA-V
 * (`JPEGImages_24fps/name/00000.jpg` beside `Annotations_6fps/…`).
 */
import { MaskletError } from '../../protocol/errors';

export type FoundSequence = {
  /** Its folder, below the one that all sequences share; of a single one empty. */
  name: string;
  /** Of each picture, in order, its place among the paths. */
  pictures: number[];
  /** Per picture, the number in its name, ascending; null where names are not numbered, or not in one way. */
  numbers: Uint32Array | null;
  /** As a folder's name says; null where none does. */
  framesPerSecond: number | null;
};

const isPicture = /\.(jpe?g|png|webp|bmp|avif)$/i;
/** What systems leave in folders and archives. */
const isLitter = /(^|\/)(\.|__MACOSX\/|Thumbs\.db)/i;
const ofDataSet = /^JPEGImages/i;
const ofMasks = /^(annotations?|masks?|labels?|ground-?truth)([-_ ]|$)/i;
const collator = new Intl.Collator('en', { numeric: true });
const rate = /(?:^|[-_ ])(\d+(?:\.\d+)?) ?fps$/i;

/**
 * @param paths with `/` between folders
 * @returns a sequence for each folder that holds one, by name: one at least
 * @throws `not-a-video` when no picture is among them
 */
export function findSequences(paths: readonly string[]): FoundSequence[] {
  const folders = new Map<string, number[]>();
  for (const [n, path] of paths.entries()) {
    if (!isPicture.test(path) || isLitter.test(path)) continue;
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    const inFolder = folders.get(folder);
    if (inFolder) inFolder.push(n);
    else folders.set(folder, [n]);
  }
  const sequences = withoutMasks([...folders]);
  if (sequences.length === 0) {
    throw new MaskletError('not-a-video', 'There is no video and no picture among these files. Choose others.', {
      reason: ['nothing-to-open'],
    });
  }
  const names = belowShared(sequences.map(([folder]) => folder));
  const found = sequences.map(([folder, pictures], n) => ({
    name: names[n]!,
    ...inOrder(pictures, paths),
    framesPerSecond: rateOf(folder),
  }));
  return found.sort((a, b) => collator.compare(a.name, b.name));
}

/** Of paths, what comes after the folders that all of them start with. */
export function belowShared(paths: readonly string[]): string[] {
  const parts = paths.map((path) => path.split('/'));
  const [first = []] = parts;
  const firstOwn = first.findIndex((part, n) => parts.some((other) => other[n] !== part));
  return parts.map((own) => (firstOwn < 0 ? '' : own.slice(firstOwn).join('/')));
}

function withoutMasks(folders: [string, number[]][]): [string, number[]][] {
  const isUnder = (name: RegExp) => (entry: [string, number[]]) => entry[0].split('/').some((part) => name.test(part));
  const images = folders.filter(isUnder(ofDataSet));
  if (images.length > 0) return images;
  const others = folders.filter((entry) => !isUnder(ofMasks)(entry));
  return others.length > 0 ? others : folders;
}

function inOrder(pictures: number[], paths: readonly string[]): Pick<FoundSequence, 'pictures' | 'numbers'> {
  const numbers = numbersOf(pictures.map((n) => paths[n]!));
  const order = pictures.map((_, i) => i);
  if (numbers) order.sort((a, b) => numbers[a]! - numbers[b]!);
  else order.sort((a, b) => collator.compare(paths[pictures[a]!]!, paths[pictures[b]!]!));
  return {
    pictures: order.map((i) => pictures[i]!),
    numbers: numbers && Uint32Array.from(order, (i) => numbers[i]!),
  };
}

/** Of names that differ in their last number only, such as `shot_0001.png`; of a single picture none: it is frame 0. */
function numbersOf(paths: string[]): number[] | null {
  const names = paths.map((path) => /^(.*?)(\d+)\.[^./]+$/.exec(path));
  const numbers = names.map((name) => Number(name?.[2] ?? NaN));
  const isOneSeries = names.every((name) => name?.[1] === names[0]?.[1]);
  const isCounted = paths.length > 1 && isOneSeries && new Set(numbers).size === numbers.length;
  return isCounted && numbers.every((number) => number < 2 ** 32) ? numbers : null;
}

function rateOf(folder: string): number | null {
  const rates = folder.split('/').map((part) => Number(rate.exec(part)?.[1] ?? 0));
  return rates.find((value) => value > 0) ?? null;
}
