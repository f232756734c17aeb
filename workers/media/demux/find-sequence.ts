/**
 * Which of many pictures are the frames of a video, or of several, in which order, and what the video calls them. By their
 * paths alone, so that thousands of files cost nothing. Pure.
 *
 * Knows the layouts of DAVIS, YouTube-VOS and MOSE (`JPEGImages/…/name/00000.jpg` beside `Annotations/…`) and of SA-V
 * (`JPEGImages_24fps/name/00000.jpg` beside `Annotations_6fps/…`), and masks that lie beside their pictures.
 */
import { MaskletError } from '../../protocol/errors';
import {
  belowShared,
  collator,
  extensionOf,
  folderOf,
  isLitter,
  isMaskFolder,
  lastNumber,
  maybeMaskFolder,
  numbersOf,
  pictureOfMask,
  stemOf,
} from './file-names';
import { isPictureName, maskRank } from './picture-names';

export type FoundSequence = {
  /** Its folder, below the one that all sequences share; of a single one empty. */
  name: string;
  /** As in the paths. */
  folder: string;
  /** Of each picture, in order, its place among the paths. */
  pictures: number[];
  /** Per picture, the number in its name, ascending; null where names are not numbered, or not in one way. */
  numbers: Uint32Array | Int32Array | null;
  /** As a folder's name says; null where none does. */
  framesPerSecond: number | null;
};

/** What is known of the files besides their names. */
export type PictureKnowledge = {
  /** By their bytes; otherwise names decide. */
  isPicture?: (path: string) => boolean;
  /** Folders of pictures that hold numbers of objects instead of colours. */
  indexFolders?: ReadonlySet<string>;
};

const ofDataSet = /^JPEGImages/i;
const rate = /(?:^|[-_ ])(\d+(?:\.\d+)?) ?fps$/i;

/**
 * @param paths with `/` between folders
 * @returns a sequence for each folder that holds one, by name: one at least
 * @throws `not-a-video` when no picture is among them
 */
export function findSequences(paths: readonly string[], knowledge: PictureKnowledge = {}): FoundSequence[] {
  const { isPicture = isPictureName, indexFolders = new Set() } = knowledge;
  const folders = new Map<string, number[]>();
  for (const [n, path] of paths.entries()) {
    if (!isPicture(path) || isLitter(path)) continue;
    const folder = folderOf(path);
    const inFolder = folders.get(folder);
    if (inFolder) inFolder.push(n);
    else folders.set(folder, [n]);
  }
  const sequences = withoutMaskFolders([...folders], paths, indexFolders);
  if (sequences.length === 0) {
    throw new MaskletError('not-a-video', 'There is no video and no picture among these files. Choose others.', {
      reason: ['nothing-to-open'],
    });
  }
  const names = belowShared(sequences.map(([folder]) => folder));
  const found = sequences.map(([folder, pictures], n) => ({
    name: names[n]!,
    folder,
    ...inOrder(withoutMasks(pictures, paths), paths),
    framesPerSecond: rateOf(folder),
  }));
  return found.sort((a, b) => collator.compare(a.name, b.name));
}

type Folder = [path: string, pictures: number[]];

function withoutMaskFolders(folders: Folder[], paths: readonly string[], indexFolders: ReadonlySet<string>): Folder[] {
  const images = folders.filter(([folder]) => folder.split('/').some((part) => ofDataSet.test(part)));
  if (images.length > 0) return images;
  const others = folders.filter(([folder]) => !isMaskFolder(folder) && !indexFolders.has(folder));
  const certain = others.filter(([folder]) => !maybeMaskFolder(folder));
  const stems = new Set(certain.flatMap(([, pictures]) => pictures.map((n) => stemOf(paths[n]!))));
  const isOfMasks = ([folder, pictures]: Folder) =>
    maybeMaskFolder(folder) && pictures.every((n) => stems.has(stemOf(paths[n]!)));
  const left = others.filter((folder) => !isOfMasks(folder));
  return left.length > 0 ? left : folders;
}

/** Of the pictures in one folder, those that are not the masks of others there. */
function withoutMasks(pictures: number[], paths: readonly string[]): number[] {
  const stemAt = (n: number) => stemOf(paths[n]!);
  const named = pictures.filter((n) => pictureOfMask(stemAt(n)) !== null);
  const others = pictures.filter((n) => pictureOfMask(stemAt(n)) === null);
  const stems = new Set(others.map(stemAt));
  const numbers = new Set(others.map((n) => lastNumber(stemAt(n))));
  numbers.delete(null);
  const hasPicture = (n: number) => {
    const stem = pictureOfMask(stemAt(n))!;
    return stems.has(stem) || numbers.has(lastNumber(stem));
  };
  const kept = named.some(hasPicture) ? others : pictures;
  // `00000.jpg` beside `00000.png`: what is kept without loss is the mask.
  const best = new Map<string, number>();
  const rankAt = (n: number) => maskRank(extensionOf(paths[n]!));
  for (const n of kept) best.set(stemAt(n), Math.min(rankAt(n), best.get(stemAt(n)) ?? Infinity));
  return kept.filter((n) => rankAt(n) === best.get(stemAt(n)));
}

function inOrder(pictures: number[], paths: readonly string[]): Pick<FoundSequence, 'pictures' | 'numbers'> {
  const numbers = numbersOf(pictures.map((n) => stemOf(paths[n]!)));
  const order = pictures.map((_, i) => i);
  if (numbers) order.sort((a, b) => numbers[a]! - numbers[b]!);
  else order.sort((a, b) => collator.compare(paths[pictures[a]!]!, paths[pictures[b]!]!));
  return { pictures: order.map((i) => pictures[i]!), numbers: numbers && typed(order.map((i) => numbers[i]!)) };
}

function typed(ascending: number[]): Uint32Array | Int32Array {
  return (ascending[0] ?? 0) < 0 ? Int32Array.from(ascending) : Uint32Array.from(ascending);
}

function rateOf(folder: string): number | null {
  const rates = folder.split('/').map((part) => Number(rate.exec(part)?.[1] ?? 0));
  return rates.find((value) => value > 0) ?? null;
}
