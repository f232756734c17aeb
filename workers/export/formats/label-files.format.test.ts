import { decode } from 'fast-png';
import { expect, it } from 'vitest';
import { fromCocoString } from '../../rle/coco-string';
import { drawn, exampleRequest, filesOf, inTurn, writeExample } from '../example-export';
import * as cvat from './cvat.format';
import * as labelme from './labelme.format';
import * as mots from './mots.format';
import * as saV from './sa-v.format';
import * as svg from './svg.format';
import { xmlText } from './xml-text';
import * as yolo from './yolo-seg.format';
import * as youtubeVis from './youtube-vis.format';

async function only(files: Map<string, Blob>, name: string): Promise<string> {
  expect([...files.keys()]).toEqual([name]);
  return files.get(name)!.text();
}

it('YouTube-VIS: an annotation an object, with something to say of every frame', async () => {
  const { videos, categories, annotations } = JSON.parse(
    await only(await writeExample('youtube-vis', youtubeVis), 'instances.json'),
  );
  expect(videos).toEqual([
    {
      id: 1,
      width: 7,
      height: 5,
      length: 4,
      file_names: ['00100', '00105', '00110', '00115'].map((name) => `my_clip/${name}.jpg`),
    },
  ]);
  expect(categories).toEqual([
    { id: 1, name: 'car', supercategory: '' },
    { id: 2, name: 'dog', supercategory: '' },
  ]);
  expect(annotations.map((one: { id: number; category_id: number }) => [one.id, one.category_id])).toEqual([
    [3, 1],
    [8, 2],
    [12, 1],
  ]);
  const [car, dog, bus] = annotations;
  expect(car.areas).toEqual([8, 35, null, 1]);
  expect(car.bboxes).toEqual([[1, 1, 3, 3], [0, 0, 7, 5], null, [3, 2, 1, 1]]);
  expect(car.segmentations[0].size).toEqual([5, 7]);
  expect([...fromCocoString(car.segmentations[0].counts)]).toEqual([6, 3, 2, 1, 1, 1, 2, 3, 16]);
  // The dog is absent where it was tracked last.
  expect(dog.segmentations.map((one: unknown) => one !== null)).toEqual([false, true, false, false]);
  expect(bus.areas).toEqual([null, 1, null, null]);
});

it('CVAT: a track an object, rows within the box, outside where it goes', async () => {
  const text = await only(await writeExample('cvat', cvat), 'annotations.xml');
  expect(text).toContain('<size>4</size>');
  expect(text).toContain('<start_frame>100</start_frame>');
  expect(text).toContain('<frame_filter>step=5</frame_filter>');
  expect(text.match(/<label>\s*<name>.*<\/name>/g)).toHaveLength(2);
  const tracks = text.split('<track ').slice(1);
  expect(tracks.map((track) => track.split('\n')[0])).toEqual([
    'id="0" label="car" source="semi-auto">',
    'id="1" label="dog" source="semi-auto">',
    'id="2" label="car" source="semi-auto">',
  ]);
  const masksOf = (track = '') => track.match(/<mask [^>]*>/g);
  const pixel = 'rle="0, 1" left="3" top="2" width="1" height="1" z_order="0"';
  expect(masksOf(tracks[0])).toEqual([
    '<mask frame="100" keyframe="1" outside="0" occluded="0" rle="0, 4, 1, 4" left="1" top="1" width="3" height="3" z_order="0">',
    '<mask frame="105" keyframe="1" outside="0" occluded="0" rle="0, 35" left="0" top="0" width="7" height="5" z_order="0">',
    '<mask frame="110" keyframe="1" outside="1" occluded="0" rle="0, 35" left="0" top="0" width="7" height="5" z_order="0">',
    `<mask frame="115" keyframe="1" outside="0" occluded="0" ${pixel}>`,
  ]);
  expect(masksOf(tracks[2])).toEqual([
    `<mask frame="105" keyframe="1" outside="0" occluded="0" ${pixel}>`,
    `<mask frame="110" keyframe="1" outside="1" occluded="0" ${pixel}>`,
  ]);
  expect(xmlText('a\u0000<b> & "c" \u{FFFF}\u{D800}𝔘')).toBe('a&lt;b&gt; &amp; &quot;c&quot; \u{FFFD}𝔘');
});

it('LabelMe: a file a frame, a picture within the box a shape', async () => {
  const files = await writeExample('labelme', labelme);
  expect([...files.keys()]).toEqual(['00100.json', '00105.json', '00110.json', '00115.json']);
  const first = JSON.parse(await files.get('00100.json')!.text());
  expect(first).toMatchObject({ imagePath: '00100.jpg', imageData: null, imageHeight: 5, imageWidth: 7 });
  const [shape] = first.shapes;
  expect(shape).toMatchObject({ label: 'car', group_id: 3, description: 'Red "car" <1>', shape_type: 'mask' });
  expect(shape.points).toEqual([
    [1, 1],
    [3, 3],
  ]);
  const png = decode(Buffer.from(shape.mask, 'base64'));
  expect([png.width, png.height, ...png.data]).toEqual([3, 3, 255, 255, 255, 255, 0, 255, 255, 255, 255]);
  expect(JSON.parse(await files.get('00105.json')!.text()).shapes).toHaveLength(3);
  expect(JSON.parse(await files.get('00110.json')!.text()).shapes).toEqual([]);
});

it('MOTS: run lengths and 16-bit pictures say the same, and nothing overlaps', async () => {
  const files = await writeExample('mots', mots);
  const lines = (await files.get('instances_txt/my_clip.txt')!.text()).trimEnd().split('\n');
  expect(lines.map((line) => line.split(' ').slice(0, 5).join(' '))).toEqual([
    '100 1001 1 5 7',
    '105 1001 1 5 7',
    '105 3002 3 5 7',
    '105 1003 1 5 7',
    '115 1001 1 5 7',
  ]);
  expect(await files.get('classes.txt')!.text()).toBe('1 car\n3 dog\n');
  const { depth, data, width, height } = decode(await files.get('instances/my_clip/000105.png')!.arrayBuffer());
  expect({ depth, row: Array.from(data.subarray(2 * 7, 3 * 7)) }).toEqual({
    depth: 16,
    row: [1001, 1001, 3002, 1003, 1001, 1001, 1001],
  });
  for (const line of lines.slice(1, 4)) {
    const [, id, , , , text = ''] = line.split(' ');
    const counts = fromCocoString(text);
    const inside = Array.from(counts).flatMap((count, n) => Array<number>(count).fill(n % 2));
    inside.forEach((pixel, at) => {
      const pictured = data[(at % height) * width + Math.floor(at / height)];
      expect(pixel === 1).toBe(pictured === Number(id));
    });
  }
});

it('MOTS: classes have numbers of their own, without the one that is not judged', async () => {
  const request = exampleRequest('mots');
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'Pedestrian'];
  const objects = names.map((category, n) => ({ ...request.objects[0]!, id: n + 1, category }));
  const files = await filesOf(mots.write({ ...request, objects }, inTurn([])));
  const classes = await files.get('classes.txt')!.text();
  expect(classes).toBe('3 a\n4 b\n5 c\n6 d\n7 e\n8 f\n9 g\n11 h\n12 i\n2 Pedestrian\n');
  const many = Array.from({ length: 1000 }, (_, n) => ({ ...request.objects[0]!, id: n + 1 }));
  await expect(filesOf(mots.write({ ...request, objects: many }, inTurn([])))).rejects.toMatchObject({
    code: 'invalid-argument',
    reason: ['too-many-objects', 1000, 999],
  });
});

it('SA-V: a folder an object, and run lengths by frame and object', async () => {
  const files = await writeExample('sa-v', saV);
  expect([...files.keys()]).toEqual([
    'Annotations/my_clip/000/00100.png',
    'Annotations/my_clip/000/00105.png',
    'Annotations/my_clip/001/00105.png',
    'Annotations/my_clip/002/00105.png',
    'Annotations/my_clip/001/00110.png',
    'Annotations/my_clip/000/00115.png',
    'my_clip_manual.json',
  ]);
  const train = JSON.parse(await files.get('my_clip_manual.json')!.text());
  expect(train).toMatchObject({
    video_id: 'my_clip',
    video_duration: 0.16,
    video_frame_count: 4,
    video_height: 5,
    video_width: 7,
    masklet_id: [0, 1, 2],
    masklet_num: 3,
    masklet_first_appeared_frame: [0, 1, 1],
    masklet_frame_count: [3, 1, 1],
    masklet_visibility_changes: [2, 1, 1],
    masklet_size_abs: [44 / 3, 9, 1],
    masklet_frames: [100, 105, 110, 115],
  });
  const areas = train.masklet.map((row: { counts: string }[]) =>
    row.map(({ counts }) => fromCocoString(counts).reduce((sum, count, n) => sum + (n % 2) * count, 0)),
  );
  expect(areas).toEqual([
    [8, 0, 0],
    [35, 9, 1],
    [0, 0, 0],
    [1, 0, 0],
  ]);
});

it('YOLO: one polygon an object, without holes and in one piece', async () => {
  const files = await writeExample('yolo-seg', yolo);
  expect(await files.get('data.yaml')!.text()).toBe(
    'train: images/train\nval: images/train\nnames:\n  0: "car"\n  1: "dog"\n',
  );
  const read = async (name: string) => (await files.get(`labels/train/${name}.txt`)!.text()).split('\n').slice(0, -1);
  const [ring, ...others] = await read('00100');
  expect(others).toEqual([]);
  const corners = ring!.split(' ').map(Number);
  expect(corners[0]).toBe(0);
  const points = corners.slice(1).map((value, n) => Math.round(value * (n % 2 === 0 ? 7 : 5)));
  expect(points).toEqual([4, 1, 4, 4, 1, 4, 1, 1]);
  expect((await read('00105')).map((line) => line[0])).toEqual(['0', '1', '0']);
  expect(await read('00110')).toEqual([]);
});

it('SVG: paths along the edges of pixels', async () => {
  const files = await writeExample('svg', svg);
  const text = await files.get('00100.svg')!.text();
  expect(text).toContain('viewBox="0 0 7 5"');
  expect(text).toContain('<title>Red &quot;car&quot; &lt;1&gt;</title>');
  expect(text).toContain(
    'id="object-3" class="car" fill="rgb(128,0,0)" fill-rule="evenodd" d="M4 1V4H1V1ZM3 3V2H2V3Z"',
  );
  expect(await files.get('00110.svg')!.text()).toContain('d=""');
});

it('draws what it says', () => {
  expect(drawn('#.', '.#')).toEqual({ width: 2, height: 2, counts: Uint32Array.of(0, 1, 2, 1) });
});
