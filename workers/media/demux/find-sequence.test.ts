import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findSequences } from './find-sequence';
import { openPictures } from './open-pictures';

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);
const named = (n: number) => String(n).padStart(5, '0');
const found = (paths: string[]) => {
  const { pictures, numbers, framesPerSecond } = findSequences(paths)[0]!;
  return { paths: pictures.map((n) => paths[n]), numbers: numbers && [...numbers], framesPerSecond };
};

describe('a data set', () => {
  it('of the layout of DAVIS gives its pictures, not its masks', () => {
    const pictures = upTo(12).map((n) => `DAVIS/JPEGImages/480p/bear/${named(n)}.jpg`);
    const masks = upTo(12).map((n) => `DAVIS/Annotations/480p/bear/${named(n)}.png`);
    const rest = ['DAVIS/README.md', 'DAVIS/.DS_Store', '__MACOSX/DAVIS/JPEGImages/480p/bear/._00000.jpg'];
    expect(found([...masks, ...rest, ...pictures].reverse())).toEqual({
      paths: pictures,
      numbers: upTo(12),
      framesPerSecond: null,
    });
  });

  it('of the layout of SA-V says its rate', () => {
    const pictures = upTo(8).map((n) => `sav_val/JPEGImages_24fps/sav_000001/${named(n)}.jpg`);
    const masks = [0, 4].map((n) => `sav_val/Annotations_6fps/sav_000001/000/${named(n)}.png`);
    expect(found([...pictures, ...masks])).toEqual({ paths: pictures, numbers: upTo(8), framesPerSecond: 24 });
  });

  it('of several videos gives each of them, by the names of their folders', () => {
    const paths = ['dog-10', 'bear', 'dog-9'].flatMap((name) =>
      upTo(3).map((n) => `JPEGImages/480p/${name}/${named(n)}.jpg`),
    );
    const several = findSequences([...paths, 'JPEGImages/480p/readme.txt', 'Annotations/480p/bear/00000.png']);
    expect(several.map(({ name }) => name)).toEqual(['bear', 'dog-9', 'dog-10']);
    expect(several.map(({ pictures }) => pictures.map((n) => paths[n]!.split('/')[2]))).toEqual(
      ['bear', 'dog-9', 'dog-10'].map((name) => [name, name, name]),
    );
  });

  it('of masks alone is a sequence like any other', () => {
    expect(found(['Annotations/bear/00000.png', 'Annotations/bear/00001.png']).numbers).toEqual([0, 1]);
  });
});

describe('masks', () => {
  const pictures = upTo(4).map((n) => `${named(n)}.jpg`);

  it.each<[string, (path: string) => string]>([
    ['of the same name', (path) => path.replace('.jpg', '.png')],
    ['that say so at the end', (path) => path.replace('.jpg', '_mask.jpg')],
    ['that say so, and which', (path) => path.replace('.jpg', '_mask_1.png')],
    ['of a segmentation', (path) => path.replace('.jpg', '-seg.png')],
    ['of the ground truth', (path) => path.replace('.jpg', '_gt.jpg')],
    ['that say so at the start', (path) => `label_${path}`],
    ['in a folder of theirs', (path) => `masks/${path}`],
    ['in a folder of labels', (path) => `Labels 1/${path.replace('.jpg', '.png')}`],
    ['of PASCAL VOC', (path) => `SegmentationClass/${path.replace('.jpg', '.png')}`],
  ])('beside pictures are none of them: %s', (_, maskOf) => {
    const all = [...pictures.map(maskOf), ...pictures];
    expect(findSequences(all)).toHaveLength(1);
    expect(found(all).paths).toEqual(pictures);
    // Of some frames only.
    expect(found([maskOf(pictures[2]!), ...pictures]).paths).toEqual(pictures);
  });

  it('in a folder named after that of their pictures are none', () => {
    const both = upTo(3).flatMap((n) => [`bear/${named(n)}.png`, `bear_masks/${named(n)}.png`]);
    expect(findSequences(both).map(({ folder }) => folder)).toEqual(['bear']);
    const others = upTo(3).flatMap((n) => [`face/${n}.png`, `face_mask/${n + 9}.png`]);
    expect(findSequences(others).map(({ folder }) => folder)).toEqual(['face', 'face_mask']);
  });

  it('are told from pictures that only look like them', () => {
    expect(found(['label_1.png', 'label_2.png']).paths).toHaveLength(2);
    expect(found(['0.jpg', '1.png', '2.jpg']).paths).toHaveLength(3);
    expect(found(['gt_1.png', 'car_7.png']).paths).toHaveLength(2);
  });
});

describe('numbers', () => {
  it('may be below zero: after a separator, or where some names have no minus', () => {
    const shots = ['shot.-0002.png', 'shot.-0001.png', 'shot.0000.png', 'shot.0001.png'];
    expect(found(shots.toReversed())).toMatchObject({ paths: shots, numbers: [-2, -1, 0, 1] });
    const max = ['foo -012.png', 'foo -009.png', 'foo 0000.png', 'foo 0010.png'];
    expect(found(max.toReversed())).toMatchObject({ paths: max, numbers: [-12, -9, 0, 10] });
    expect(found(['a-1.png', 'a0.png', 'a1.png']).numbers).toEqual([-1, 0, 1]);
    expect(found(['_-1.png', '_-2.png'])).toMatchObject({ paths: ['_-2.png', '_-1.png'], numbers: [-2, -1] });
    expect(found(['-1.png', '-2.png', '0.png']).numbers).toEqual([-2, -1, 0]);
    expect(found(['a--2.png', 'a-1.png', 'a--1.png']).numbers).toEqual([-2, -1, 1]);
  });

  it('have a dash in front where all names do', () => {
    const dashed = ['shot-0001.png', 'shot-0002.png', 'shot-0010.png'];
    expect(found(dashed.toReversed())).toMatchObject({ paths: dashed, numbers: [1, 2, 10] });
    expect(found(['2026-11-30-2.png', '2026-11-30-1.png']).numbers).toEqual([1, 2]);
  });

  it('are those in the names, whatever their width', () => {
    expect(found(['shot_100.png', 'shot_9.png', 'shot_10.png'])).toMatchObject({
      paths: ['shot_9.png', 'shot_10.png', 'shot_100.png'],
      numbers: [9, 10, 100],
    });
  });

  it('are none where names differ in more than a number, repeat one, or are too long for a frame', () => {
    expect(found(['b2.jpg', 'a10.jpg', 'a9.jpg'])).toMatchObject({
      paths: ['a9.jpg', 'a10.jpg', 'b2.jpg'],
      numbers: null,
    });
    expect(found(['1.jpg', '01.jpg']).numbers).toBeNull();
    expect(found(['20240101123000.jpg', '20240101123001.jpg']).numbers).toBeNull();
    expect(found(['00012.jpg'])).toMatchObject({ paths: ['00012.jpg'], numbers: null });
  });

  it('ascend, and every picture is there once', () => {
    const names = fc.uniqueArray(fc.nat(99_999), { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(names, (chosen) => {
        const paths = chosen.map((n) => `clip/${named(n)}.png`);
        const { pictures, numbers } = findSequences(paths)[0]!;
        expect([...numbers!]).toEqual(chosen.toSorted((a, b) => a - b));
        expect(pictures.map((n) => chosen[n])).toEqual([...numbers!]);
      }),
    );
  });
});

describe('times', () => {
  const open = (paths: string[], framesPerSecond?: number) =>
    openPictures(
      paths.map((path) => ({ path, read: async () => new Blob() })),
      framesPerSecond === undefined ? {} : { framesPerSecond },
    );

  it('are even, and leave out what the numbers leave out', () => {
    expect([...open(['0.png', '1.png', '2.png']).frames.timestampsUs]).toEqual([0, 40_000, 80_000]);
    const everyFifth = open(['00000.jpg', '00005.jpg', '00010.jpg'], 30);
    expect([...everyFifth.frames.timestampsUs]).toEqual([0, 166_667, 333_333]);
    expect(everyFifth.frames.durationUs).toBe(499_999);
    expect([...open(['JPEGImages_24fps/a/0.jpg', 'JPEGImages_24fps/a/1.jpg']).frames.timestampsUs]).toEqual([
      0, 41_667,
    ]);
  });

  it.each([0, -1, NaN, Infinity])('at %s pictures a second there are none', (rate) => {
    expect(() => open(['0.png', '1.png'], rate)).toThrow(/framesPerSecond/);
  });
});

it('without a picture it is no video', () => {
  expect(() => findSequences(['notes.txt', 'sound.wav'])).toThrow(/no video and no picture/);
  expect(() => findSequences([])).toThrow(/no video and no picture/);
});
