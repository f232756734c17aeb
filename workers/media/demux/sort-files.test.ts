import { describe, expect, it } from 'vitest';
import type { PictureFile } from './open-pictures';
import { indexFolders, sortFiles } from './sort-files';

const never = new AbortController().signal;
const file = (path: string, ...start: (string | number[])[]): PictureFile => ({
  path,
  read: async () => new Blob(start.map((part) => (typeof part === 'string' ? part : new Uint8Array(part)))),
});
/** Up to its colour type. */
const png = (path: string, colourType: number) =>
  file(path, [0x89], 'PNG\r\n', [0x1a, 0x0a, 0, 0, 0, 13], 'IHDR', [0, 0, 0, 8, 0, 0, 0, 8, 8, colourType]);
const mp4 = [[0, 0, 0, 0x14], 'ftypisom', [0, 0, 0, 0], 'isom'];

describe('many files', () => {
  it('are sorted by their bytes, in the order of their names', async () => {
    const { films, pictures, archives, refused } = await sortFiles(
      [
        file('clip10.bin', ...mp4),
        file('clip2', ...mp4),
        file('still.gif', 'GIF89a'),
        file('photo', [0xff, 0xd8, 0xff]),
        file('broken.jpg', 'nothing'),
        file('notes.txt', ...mp4),
        file('pictures.cbz', 'PK\x03\x04'),
        file('sound.ogg', 'OggS'),
        file('a.pdf', '%PDF'),
        file('gone.mov'),
      ],
      never,
    );
    expect(films.map(({ path }) => path)).toEqual(['clip2', 'clip10.bin']);
    expect([...pictures].sort()).toEqual(['broken.jpg', 'photo', 'still.gif']);
    expect(archives.map(({ path }) => path)).toEqual(['pictures.cbz']);
    // A film that cannot be opened is of more interest than what is none.
    expect(refused).toMatchObject({ name: 'an Ogg file' });
  });

  it('are not looked into where they are pictures by the hundred', async () => {
    const unread = Array.from({ length: 300 }, (_, n) => ({
      path: `${n}.png`,
      read: () => Promise.reject(new Error('Nothing may be read')),
    }));
    expect((await sortFiles(unread, never)).pictures.size).toBe(300);
  });
});

describe('folders of masks', () => {
  const rgb = 2;
  const series = (folder: string, type: number, count = 3) =>
    Array.from({ length: count }, (_, n) => png(`${folder}/0000${n}.png`, type));
  const photos = Array.from({ length: 3 }, (_, n) => file(`photos/0000${n}.jpg`, [0xff, 0xd8, 0xff]));

  it.each<[string, PictureFile[], string[]]>([
    ['palettes beside photos', [...series('x', 3), ...photos], ['x']],
    ['grey beside photos', [...series('x', 0, 2), ...photos], ['x']],
    ['palettes beside colours', [...series('x', 3), ...series('y', rgb)], ['x']],
    ['grey beside colours: two films', [...series('x', 0), ...series('y', rgb)], []],
    ['palettes of other names', [...series('x', 3, 5), ...photos], []],
    ['palettes alone', series('x', 3), []],
    ['palettes beside palettes', [...series('x', 3), ...series('y', 3)], []],
    ['colours beside photos', [...series('x', rgb), ...photos], []],
  ])('are told by what they hold: %s', async (_, files, folders) => {
    expect([...(await indexFolders(files))]).toEqual(folders);
  });
});
