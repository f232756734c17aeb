import { decode } from 'fast-png';
import { expect, it } from 'vitest';
import { exampleRequest, inTurn, writeExample } from '../example-export';
import * as davis from './davis.format';
import { palette } from './indexed-png';
import * as youtubeVos from './youtube-vos.format';

async function rowsOf(png: Blob): Promise<string[]> {
  const { width, height, data, channels, depth } = decode(await png.arrayBuffer());
  expect({ channels, depth }).toEqual({ channels: 1, depth: 8 });
  return Array.from({ length: height }, (_, y) => data.slice(y * width, (y + 1) * width).join(''));
}

it('writes a PNG of object numbers a frame; the later object lies on top', async () => {
  const files = await writeExample('davis', davis);
  const folder = 'Annotations/Full-Resolution/my_clip';
  expect([...files.keys()]).toEqual([
    'ImageSets/2017/val.txt',
    ...['00100', '00105', '00110', '00115'].map((name) => `${folder}/${name}.png`),
  ]);
  expect(await files.get('ImageSets/2017/val.txt')!.text()).toBe('my_clip\n');
  expect(await rowsOf(files.get(`${folder}/00100.png`)!)).toEqual([
    '0000000',
    '0111000',
    '0101000',
    '0111000',
    '0000000',
  ]);
  expect(await rowsOf(files.get(`${folder}/00105.png`)!)).toEqual([
    '2211111',
    '2211111',
    '1123111',
    '1111122',
    '1111122',
  ]);
  expect(new Set(await rowsOf(files.get(`${folder}/00110.png`)!))).toEqual(new Set(['0000000']));
  const { palette: colors } = decode(await files.get(`${folder}/00100.png`)!.arrayBuffer());
  expect(colors).toEqual(palette);
  // As DAVIS's own files have them.
  expect(palette.slice(0, 9)).toEqual([
    [0, 0, 0],
    [128, 0, 0],
    [0, 128, 0],
    [128, 128, 0],
    [0, 0, 128],
    [128, 0, 128],
    [0, 128, 128],
    [128, 128, 128],
    [64, 0, 0],
  ]);
  expect(palette[255]).toEqual([224, 224, 192]);
});

it('refuses more objects than a byte has numbers', async () => {
  const request = exampleRequest('davis');
  const objects = Array.from({ length: 255 }, (_, n) => ({ ...request.objects[0]!, id: n + 1 }));
  const readAll = async (): Promise<void> => {
    for await (const _ of davis.write({ ...request, objects }, inTurn([])));
  };
  await expect(readAll()).rejects.toMatchObject({ code: 'invalid-argument', reason: ['too-many-objects', 255, 254] });
});

it('is YouTube-VOS with meta.json beside: categories, and the frames on which objects are seen', async () => {
  const files = await writeExample('youtube-vos', youtubeVos);
  expect([...files.keys()]).toEqual([
    ...['00100', '00105', '00110', '00115'].map((name) => `Annotations/my_clip/${name}.png`),
    'meta.json',
  ]);
  const rows = await rowsOf(files.get('Annotations/my_clip/00105.png')!);
  expect(rows[2]).toBe('1123111');
  expect(JSON.parse(await files.get('meta.json')!.text())).toEqual({
    videos: {
      my_clip: {
        objects: {
          1: { category: 'car', frames: ['00100', '00105', '00115'], name: 'Red "car" <1>' },
          2: { category: 'dog', frames: ['00105'], name: 'Dog & cat' },
          3: { category: 'car', frames: ['00105'], name: 'Bus' },
        },
      },
    },
  });
});
