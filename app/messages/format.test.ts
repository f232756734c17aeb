import { afterAll, expect, it } from 'vitest';
import {
  count,
  formatBytes,
  formatDuration,
  formatElapsed,
  formatIn,
  formatList,
  formatPercent,
  formatTimecode,
} from './format';

afterAll(() => formatIn('en'));

it('writes times, sizes, counts and lists', () => {
  formatIn('en');
  expect(formatTimecode(0)).toBe('00:00.000');
  expect(formatTimecode(16_480_000)).toBe('00:16.480');
  expect(formatTimecode(3_725_004_999)).toBe('01:02:05.004');
  expect(formatElapsed(7_900)).toBe('0:07');
  expect(formatElapsed(3_725_000)).toBe('1:02:05');
  expect(formatDuration(200)).toBe('1 s');
  expect(formatDuration(59_600)).toBe('1 min');
  expect(formatDuration(125_000)).toBe('2 min 5 s');
  expect(formatDuration(3_780_000)).toBe('1 h 3 min');
  expect(formatBytes(0)).toBe('0 B');
  expect(formatBytes(14_990_000)).toBe('15 MB');
  expect(formatBytes(1_500_000)).toBe('1.5 MB');
  expect(formatPercent(0.876)).toBe('88%');
  expect(count(1, 'frame', 'frames')).toBe('1 frame');
  expect(count(1280, 'frame', 'frames')).toBe('1,280 frames');
  expect(formatList(['Disc', 'Square', 'Bar'])).toBe('Disc, Square, and Bar');
});

it('writes them as the language does', () => {
  formatIn('de');
  expect(formatTimecode(16_480_000)).toBe('00:16,480');
  expect(formatBytes(1_500_000)).toBe('1,5 MB');
  expect(formatPercent(0.876)).toBe('88\u00a0%');
  expect(count(1, 'Frame', 'Frames')).toBe('1 Frame');
  expect(count(1280, 'Frame', 'Frames')).toBe('1.280 Frames');
  expect(formatList(['Scheibe', 'Quadrat', 'Balken'])).toBe('Scheibe, Quadrat und Balken');
});
