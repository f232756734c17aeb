import { expect, it } from 'vitest';
import { sourceName } from './source-files';

it.each([
  [['clips/dog.mp4'], 'dog.mp4'],
  [['DAVIS/JPEGImages/480p/bear/00000.jpg', 'DAVIS/JPEGImages/480p/bear/00001.jpg'], 'bear'],
  [['shot/00000.png', 'shot/00010.png', 'shot/notes.txt'], 'shot'],
  [['shot_0001.png', 'shot_0002.png'], 'shot'],
  [['00001.png', '00002.png'], '00001.png'],
  [['a.png', 'b.png'], 'a.png'],
  [[], ''],
])('of %j the name is %s', (paths, name) => {
  expect(sourceName(paths.map((path) => ({ path, file: new Blob() })))).toBe(name);
});
