/** What comes from outside the worker, checked before a stage sees it. All throw `invalid-argument`. */
import { MaskletError } from '../protocol/errors';
import type { FramePrompts } from '../protocol/prompt';
import type { ObjectCleanUp, TrackerSettings } from '../protocol/segment-contract';
import { checkRle } from '../rle/rle';

const isNorm = (value: number): boolean => value >= 0 && value <= 1;

export function checkPrompts({ points, box, mask }: FramePrompts): void {
  if (!points.every(({ xNorm, yNorm }) => isNorm(xNorm) && isNorm(yNorm))) {
    throw new MaskletError('invalid-argument', 'A point lies outside the frame.');
  }
  if (box && !(box.x0Norm < box.x1Norm && box.y0Norm < box.y1Norm && Object.values(box).every(isNorm))) {
    throw new MaskletError('invalid-argument', 'A box needs x0 < x1 and y0 < y1, inside the frame.');
  }
  if (mask) checkRle(mask);
}

export function checkToken(token: number): void {
  if (Number.isInteger(token) && token >= 0 && token <= 3) return;
  throw new MaskletError('invalid-argument', `A candidate's token is one of 0 to 3, not ${token}.`);
}

export function checkSettings({ fillHoleArea, removeIslandArea, edges }: TrackerSettings): void {
  if (!['auto', 'model', 'picture'].includes(edges)) {
    throw new MaskletError('invalid-argument', `edges is "auto", "model" or "picture", not ${JSON.stringify(edges)}.`);
  }
  checkArea('fillHoleArea', fillHoleArea);
  checkArea('removeIslandArea', removeIslandArea);
}

const mostPx = 64;

export function checkCleanUp({ growPx, smoothPx, featherPx, ...areas }: ObjectCleanUp): void {
  for (const [name, area] of Object.entries(areas)) checkArea(name, area);
  for (const [name, px, least] of [
    ['growPx', growPx, -mostPx],
    ['smoothPx', smoothPx, 0],
    ['featherPx', featherPx, 0],
  ] as const) {
    if (Number.isInteger(px) && px >= least && px <= mostPx) continue;
    throw new MaskletError('invalid-argument', `${name} is a number of pixels from ${least} to ${mostPx}, not ${px}.`);
  }
}

function checkArea(name: string, area: number): void {
  if (Number.isInteger(area) && area >= 0) return;
  throw new MaskletError('invalid-argument', `${name} is a number of cells, 0 or more, not ${area}.`);
}
