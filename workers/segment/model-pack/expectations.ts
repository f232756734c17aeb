/** What a pack's graphs answer to the made-up inputs of the self-check: graph → output → values, evenly spread. */
import { MaskletError } from '../../protocol/errors';
import { graphNames, type GraphName } from './manifest';

export type Expectations = Record<GraphName, Record<string, number[]>>;

/** @throws `model-incompatible` */
export function parseExpectations(json: unknown): Expectations {
  const expectations = json as Expectations;
  const isValid = graphNames.every((name) => {
    const outputs = Object.values(expectations?.[name] ?? {});
    return outputs.length > 0 && outputs.every((values) => Array.isArray(values) && values.every(Number.isFinite));
  });
  if (isValid) return expectations;
  throw new MaskletError(
    'model-incompatible',
    "This model pack can't be used: what it says its graphs answer is not readable.",
  );
}
