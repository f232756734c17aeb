import { expect, it } from 'vitest';
import { drawInTurn } from './draw-in-turn';

it('draws one picture each time the page is idle, and none twice or after it was taken back', async () => {
  let idle = (): void => undefined;
  const clock = { idle: () => new Promise<void>((resolve) => (idle = resolve)) };
  const drawn: string[] = [];
  const pictures = ['a', 'b', 'c', 'd'].map((name) => () => void drawn.push(name));
  const takeBack = pictures.map((draw) => drawInTurn(draw, clock));
  drawInTurn(pictures[0]!, clock);
  expect(drawn).toEqual([]);
  const next = async () => {
    idle();
    await Promise.resolve();
    await Promise.resolve();
  };
  await next();
  expect(drawn).toEqual(['a']);
  takeBack[1]!();
  await next();
  expect(drawn).toEqual(['a', 'c']);
  await next();
  await next();
  expect(drawn).toEqual(['a', 'c', 'd']);
  drawInTurn(pictures[1]!, clock);
  await next();
  expect(drawn).toEqual(['a', 'c', 'd', 'b']);
});
