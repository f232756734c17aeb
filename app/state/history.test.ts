import { expect, it } from 'vitest';
import { comparedPosition, type HistoryAction } from './history';

const after = (...actions: HistoryAction[]) => ({
  steps: actions.map((action, id) => ({ id, action, object: null, frameIndex: null })),
  position: actions.length,
});

it('compares with the masks before the last correction and the run that carried it out', () => {
  expect(comparedPosition(after())).toBeNull();
  expect(comparedPosition(after('rename', 'hide'))).toBeNull();
  expect(comparedPosition(after('new-object'))).toBe(0);
  expect(comparedPosition(after('new-object', 'track'))).toBe(1);
  // Corrections alone, and with their run.
  expect(comparedPosition(after('new-object', 'track', 'add-point', 'add-point'))).toBe(2);
  expect(comparedPosition(after('new-object', 'track', 'add-point', 'add-point', 'track'))).toBe(2);
  // What leaves masks alone is passed over.
  expect(comparedPosition(after('new-object', 'track', 'add-point', 'track', 'looks-right', 'rename'))).toBe(2);
  // Steps that were taken back do not count.
  expect(comparedPosition({ ...after('new-object', 'track', 'add-point', 'track'), position: 2 })).toBe(1);
});
