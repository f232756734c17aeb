/** What each of many files is: films, pictures, archives, and what cannot be opened. */
import { animationDelays } from './animation-delays';
import { containerKind, containerProbeSize, type ContainerKind } from './container-kind';
import { collator, extensionOf, folderOf, stemOf } from './file-names';
import type { PictureFile } from './open-pictures';
import { isPictureName, pictureCodec } from './picture-names';

export type SortedFiles = {
  /** Videos and animated pictures, in the natural order of their paths. */
  films: PictureFile[];
  /** Paths. */
  pictures: ReadonlySet<string>;
  archives: PictureFile[];
  /** The first file that is known and cannot be opened; null where there is none. */
  refused: ContainerKind | null;
};

/** Of so many pictures no film is looked for among them: their names are believed. */
const maxLookedInto = 64;
/** An animated picture tells so within its first bytes, but for GIF. */
const maxGif = 1 << 22;
/** Files read at once. */
const concurrency = 16;
/** Never opened, and often there by the thousand beside pictures. */
const isText = /^(txt|json|jsonl|xml|csv|tsv|md|yaml|yml|log|html?|py|npy|npz|pt|pth|safetensors|srt|vtt|ini|cfg)$/;

/** @param signal stops reading; the promise rejects with its reason */
export async function sortFiles(files: readonly PictureFile[], signal: AbortSignal): Promise<SortedFiles> {
  const films: PictureFile[] = [];
  const archives: PictureFile[] = [];
  const pictures = new Set<string>();
  const refused: { path: string; kind: ContainerKind }[] = [];
  const isBelieved = files.filter(({ path }) => isPictureName(path)).length > maxLookedInto;
  await forEach(files, async (file) => {
    signal.throwIfAborted();
    if (isText.test(extensionOf(file.path))) return;
    if (isBelieved && isPictureName(file.path)) {
      pictures.add(file.path);
      return;
    }
    const blob = await file.read().catch(() => null);
    const kind = blob && containerKind(new Uint8Array(await blob.slice(0, containerProbeSize).arrayBuffer()));
    if (kind?.kind === 'isobmff' || kind?.kind === 'matroska') films.push(file);
    else if (kind?.kind === 'zip') archives.push(file);
    else if (kind?.kind === 'picture') {
      if (kind.mayMove && (await isMoving(blob!, kind.codec))) films.push(file);
      else pictures.add(file.path);
    } else if (isPictureName(file.path)) {
      // Damaged perhaps: a gap would give those after it the wrong numbers.
      pictures.add(file.path);
    } else if (kind && kind.kind !== 'unknown') refused.push({ path: file.path, kind });
  });
  const byPath = (a: { path: string }, b: { path: string }) => collator.compare(a.path, b.path);
  const worst = refused.toSorted(byPath);
  return {
    films: films.sort(byPath),
    pictures,
    archives,
    refused: (worst.find(({ kind }) => kind.kind === 'video') ?? worst[0])?.kind ?? null,
  };
}

async function forEach<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const item of left) await task(item);
    }),
  );
}

async function isMoving(file: Blob, codec: string): Promise<boolean> {
  const start = new Uint8Array(await file.slice(0, codec === 'gif' ? maxGif : containerProbeSize).arrayBuffer());
  const text = String.fromCharCode(...start.subarray(0, containerProbeSize));
  if (codec === 'png') return text.includes('acTL');
  if (codec === 'webp') return text.startsWith('VP8X', 12) && (start[20]! & 2) !== 0;
  if (codec === 'gif') return (animationDelays(start)?.delaysMs.length ?? 0) > 1;
  return codec === 'avif';
}

/** PNG, third edition, §11.2.1: where its colour type stands, and the types of one number a pixel. */
const colourTypeAt = 25;
const grey = 0;
const palette = 3;

/**
 * Folders of PNG pictures with one number a pixel, named as the pictures of another folder are: masks, whatever the folder is
 * called. Grey ones are so beside pictures of other formats only: there are grey films. One picture of each is looked into.
 */
export async function indexFolders(pictures: readonly PictureFile[]): Promise<ReadonlySet<string>> {
  const folders = new Map<string, PictureFile[]>();
  for (const picture of pictures) {
    const folder = folderOf(picture.path);
    folders.set(folder, folders.get(folder) ?? []);
    folders.get(folder)!.push(picture);
  }
  const types = new Map<string, number | null>();
  if (folders.size < 2) return new Set();
  for (const [folder, inFolder] of folders) types.set(folder, await colourTypeOf(inFolder));
  const stemsWhere = (isColour: (type: number | null) => boolean) =>
    new Set(pictures.filter(({ path }) => isColour(types.get(folderOf(path)) ?? null)).map(({ path }) => stemOf(path)));
  const ofOthers = { [palette]: stemsWhere((type) => type !== palette), [grey]: stemsWhere((type) => type === null) };
  const isIndex = ([folder, inFolder]: [string, PictureFile[]]) => {
    const type = types.get(folder);
    if (type !== palette && type !== grey) return false;
    return inFolder.every(({ path }) => ofOthers[type].has(stemOf(path)));
  };
  return new Set([...folders].filter(isIndex).map(([folder]) => folder));
}

/** Of the first picture, where all are PNG; null for others. */
async function colourTypeOf(pictures: readonly PictureFile[]): Promise<number | null> {
  if (!pictures.every(({ path }) => pictureCodec(path) === 'png')) return null;
  const start = await pictures[0]!.read().then((blob) => blob.slice(0, colourTypeAt + 1).arrayBuffer());
  return new Uint8Array(start)[colourTypeAt] ?? null;
}
