import { expect, it } from 'vitest';
import { addObject, noObjects } from '../state/objects';
import { noPrompts, statePrompts } from '../state/prompts';
import { createAppStore, patch } from '../state/store';
import type { Tool } from '../state/view';
import { nextHint } from './hint';

it('tells of the tool in hand what it does, with an object and without one', () => {
  const store = createAppStore();
  const hintOf = (tool: Tool) => {
    patch(store, 'view', { tool });
    return nextHint(store.getState());
  };
  const tools = ['point', 'box', 'brush', 'eraser', 'lasso', 'select'] as const;
  expect(tools.map(hintOf)).toEqual(['first-click', 'first-box', 'brush', 'nothing-to-erase', 'lasso', 'select']);
  const prompts = { points: [{ xNorm: 0.5, yNorm: 0.5, label: 1 as const }], box: null, mask: null };
  store.setState({ objects: addObject(noObjects, 'Dog'), prompts: statePrompts(noPrompts, 1, 0, prompts) });
  patch(store, 'view', { selectedObject: 1 });
  expect(tools.map(hintOf)).toEqual(['refine', 'refine-box', 'brush', 'eraser', 'lasso', 'select']);
});
