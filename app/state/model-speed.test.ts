import { expect, it } from 'vitest';
import type { CatalogueModel } from '../../workers/protocol/segment-contract';
import { frameTime, recommendedModel, speedKey } from './model-speed';

const model = (name: string, giga: number) =>
  ({ name, operations: { 512: giga * 1e9 }, imageSizes: [512], defaultImageSize: 512 }) as unknown as CatalogueModel;

const models = [
  model('sam2.1-hiera-tiny', 101),
  model('sam2.1-hiera-small', 120),
  model('sam2.1-hiera-large', 473),
  model('edgetam', 27),
];
const processor = { provider: 'wasm', threads: 2 } as const;
const card = { provider: 'webgpu', threads: null } as const;

it('recommends EdgeTAM where there is no graphics card, or a weak one', () => {
  expect(recommendedModel(models, processor, {})?.name).toBe('edgetam');
  const weak = { [speedKey('edgetam', 512, 'webgpu')]: 900 };
  expect(recommendedModel(models, card, weak)?.name).toBe('edgetam');
  expect(recommendedModel([], processor, {})).toBeNull();
});

it('recommends the best that runs at a bearable pace, by what was measured or by its work', () => {
  expect(recommendedModel(models, card, {})?.name).toBe('sam2.1-hiera-small');
  const fast = { [speedKey('sam2.1-hiera-tiny', 512, 'webgpu')]: 40 };
  expect(recommendedModel(models, card, fast)?.name).toBe('sam2.1-hiera-large');
});

it('says which times were measured; the others follow from them', () => {
  const [tiny, , , edge] = models as [CatalogueModel, CatalogueModel, CatalogueModel, CatalogueModel];
  expect(frameTime(edge, 512, processor, {}, models)).toEqual({ ms: 2250, isMeasured: false });
  const measured = { [speedKey('edgetam', 512, 'wasm')]: 2700 };
  expect(frameTime(edge, 512, processor, measured, models)).toEqual({ ms: 2700, isMeasured: true });
  expect(frameTime(tiny, 512, processor, measured, models)).toEqual({ ms: 10_100, isMeasured: false });
  // Of the other provider nothing is known by it.
  expect(frameTime(edge, 512, card, measured, models).isMeasured).toBe(false);
});
