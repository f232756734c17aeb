/** What names of files and folders say: which are masks, how a series is numbered, what comes before what. Pure. */

/** Natural order: `clip2` before `clip10`. */
export const collator = new Intl.Collator('en', { numeric: true });

/** What systems leave in folders and archives. */
export function isLitter(path: string): boolean {
  return /(^|\/)(\.[^/]|__MACOSX\/|Thumbs\.db$|desktop\.ini$)/i.test(path);
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Without folder and extension. */
export function stemOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.replace(/(?<=.)\.[^.]*$/, '');
}

/** In small letters and without its dot; empty where there is none. */
export function extensionOf(path: string): string {
  return /[^/]\.([^./]*)$/.exec(path)?.[1]?.toLowerCase() ?? '';
}

/** Without the steps that lead nowhere, and with `/` between folders. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.replaceAll('\\', '/').split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** Of paths, what comes after the folders that all of them start with. */
export function belowShared(paths: readonly string[]): string[] {
  const parts = paths.map((path) => path.split('/'));
  const [first = []] = parts;
  const firstOwn = first.findIndex((part, n) => parts.some((other) => other[n] !== part));
  return parts.map((own) => (firstOwn < 0 ? '' : own.slice(firstOwn).join('/')));
}

const maskWord =
  '(?:annotations?|annos?|masks?|masklets?|labels?|seg(?:s|mentations?)?|gts?|ground-?truths?|mattes?|trimaps?)';
const maskFolder = new RegExp(`^(?:${maskWord}|segmentation(?:class|object))(?:[-_ .].*|\\d*|raw)$`, 'i');
const maskFolderEnding = new RegExp(`[-_ .]${maskWord}$`, 'i');
const maskEnding = new RegExp(`^(.*?)[-_ .]+${maskWord}(?:[-_ .]?\\d+)?$`, 'i');
const maskStart = new RegExp(`^${maskWord}[-_ .]?(.*)$`, 'i');

/** Whether a folder on the way is named for masks. */
export function isMaskFolder(folder: string): boolean {
  return folder.split('/').some((part) => maskFolder.test(part));
}

/** Whether a folder may be that of the masks of another, such as `bear_masks`. */
export function maybeMaskFolder(folder: string): boolean {
  return folder.split('/').some((part) => maskFolderEnding.test(part));
}

/** What the picture of a mask would be called, by the mask's stem; null where the stem is not one of a mask. */
export function pictureOfMask(stem: string): string | null {
  return (maskEnding.exec(stem) ?? maskStart.exec(stem))?.[1] ?? null;
}

/** The last number in a stem; null where there is none. */
export function lastNumber(stem: string): number | null {
  const digits = /(\d+)\D*$/.exec(stem)?.[1];
  return digits === undefined ? null : Number(digits);
}

const maxNumber = 2 ** 32;
const minNumber = -(2 ** 31);

/**
 * Of names that differ in their last number only, such as `shot_0001`; null for others, and of a single one: it is frame 0.
 *
 * A minus in front of the number is a sign where some of the names have none, or where it comes after another separator, as
 * in `shot.-0002`; where all names have it, as in `shot-0001`, it is a separator itself.
 */
export function numbersOf(stems: readonly string[]): number[] | null {
  if (stems.length < 2) return null;
  return seriesOf(stems, /^(.*?)(-?)(\d+)$/) ?? seriesOf(stems, /^(.*?-)(-?)(\d+)$/);
}

/** @param pattern start, sign and digits */
function seriesOf(stems: readonly string[], pattern: RegExp): number[] | null {
  const names = stems.map((stem) => pattern.exec(stem)?.slice(1) ?? []);
  const [[start] = []] = names;
  if (start === undefined || names.some((name) => name[0] !== start)) return null;
  const isSigned = /(^|[._ ])$/.test(start) || names.some(([, sign]) => sign === '');
  const numbers = names.map(([, sign, digits]) => Number(digits) * (isSigned && sign === '-' ? -1 : 1) + 0);
  const isCounted = new Set(numbers).size === numbers.length;
  const isSmall = numbers.every((number) => number >= minNumber && number < maxNumber);
  return isCounted && isSmall ? numbers : null;
}
