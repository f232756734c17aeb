/**
 * Folders of PNGs: object numbers a pixel (DAVIS, YouTube-VOS, MOSE, MOTS, VOC), a colour an object, or a folder an object with black and white
 * (SA-V, this app's own). Names and categories come from `meta.json` or `masklet.json` where there is one.
 */
import type { ReadLabels } from '../../protocol/read-labels';
import { encodeRle } from '../../rle/rle';
import { asRecord, frameNumberOf, labelsWrong, textOr } from './checked';
import { ObjectList } from './object-list';
import { readPng, type PngValues } from './read-png';

/** What DAVIS and VOC do not judge. */
const voidIndex = 255;
/** Likewise of MOTS, in 16 bits. */
const motsIgnored = 10_000;

const maxValues = 1000;
/** Of 8 and of 16 bits. */
const whites: ReadonlySet<number> = new Set([255, 65_535]);

type PictureFile = { path: string; bytes: Uint8Array };
type Described = { name: string; category: string | null };

/** Adds files one by one: their pictures are not kept. */
export class PictureLabels {
  readonly #objects = new ObjectList();
  readonly #isOneFolder: boolean;
  readonly #described = new Map<string, Described>();
  /** Where pictures of object numbers lie: they are of one video. */
  #folder: string | null = null;

  constructor(paths: readonly string[]) {
    this.#isOneFolder = new Set(paths.map(folderOf)).size === 1;
  }

  /** `meta.json` or `masklet.json`, before the pictures. @throws `invalid-argument` */
  describe(path: string, text: string): void {
    let content: Record<string, unknown>;
    try {
      content = asRecord(JSON.parse(text), path);
    } catch {
      throw labelsWrong(path);
    }
    if (Array.isArray(content['objects'])) {
      for (const one of content['objects']) {
        const { folder, name } = asRecord(one, `${path}: objects`);
        const key = `folder ${textOr(folder, '')}`;
        this.#described.set(key, { name: textOr(name, textOr(folder, '')), category: null });
      }
      return;
    }
    for (const video of Object.values(asRecord(content['videos'] ?? {}, `${path}: videos`))) {
      const { objects } = asRecord(video, `${path}: videos`);
      for (const [index, one] of Object.entries(asRecord(objects, `${path}: objects`))) {
        const { name, category } = asRecord(one, `${path}: objects`);
        const label = typeof category === 'string' ? category : null;
        this.#described.set(`index ${index}`, {
          name: textOr(name, `${label ?? 'object'} ${index}`),
          category: label,
        });
      }
    }
  }

  /** @throws `invalid-argument` */
  add({ path, bytes }: PictureFile): void {
    // Of VOC's two, the one that tells objects apart.
    if (/(^|\/)SegmentationClass\//.test(path)) return;
    const picture = readPng(bytes, path);
    const number = frameNumberOf(path);
    const folder = folderOf(path);
    const key = `folder ${folder.replace(/^.*\//, '')}`;
    if (this.#described.has(key)) {
      // An object's own folder; of a matte, what is more inside than outside.
      this.#addMask(key, number, picture, (value) => value > 127);
      return;
    }
    const values = [...new Set(picture.values)].filter((value) => value !== 0);
    // Black and white, and black alone, say nothing of numbers; 1 is one, unless every object has a folder.
    const isWhite = (value: number): boolean => whites.has(value) || (value === 1 && !this.#isOneFolder);
    const isNumbered = picture.isIndexed ? !values.every((value) => value === 0xffffff) : !values.every(isWhite);
    if (!isNumbered) {
      if (values.length > 0) this.#addMask(key, number, picture, (value) => value > 0);
      return;
    }
    this.#folder ??= folder;
    if (folder !== this.#folder) throw labelsWrong(folder);
    const isColor = picture.values instanceof Uint32Array;
    const unjudged = picture.values instanceof Uint8Array ? voidIndex : isColor ? null : motsIgnored;
    // Too many are a photograph's.
    if (values.length > maxValues) throw labelsWrong(path);
    for (const index of values) {
      const name = isColor ? `#${index.toString(16).padStart(6, '0')}` : String(index);
      if (index !== unjudged) this.#addMask(`index ${name}`, number, picture, (value) => value === index);
    }
  }

  end(): ReadLabels {
    return this.#objects.end();
  }

  #addMask(
    key: string,
    frameNumber: number | null,
    { values, width, height }: PngValues,
    isInside: (value: number) => boolean,
  ): void {
    const { name, category } = this.#described.get(key) ?? {
      name: key.replace(/^\S+ /, '') || 'object',
      category: null,
    };
    this.#objects.describe(key, name, category);
    const inside = Uint8Array.from(values, (value) => (isInside(value) ? 1 : 0));
    this.#objects.add(key, frameNumber, encodeRle(inside, width, height));
  }
}

function folderOf(path: string): string {
  return path.includes('/') ? path.replace(/\/[^/]*$/, '') : '';
}
