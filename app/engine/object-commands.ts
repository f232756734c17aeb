/** Adds, removes and selects objects, and changes what they look like in the list and on the frame. */
import type { ObjectId } from '../../workers/protocol/prompt';
import type { ObjectCleanUp } from '../../workers/protocol/segment-contract';
import { t } from '../messages/messages';
import { forgetAnswers } from '../state/answers';
import { forgetMasklet } from '../state/masklets';
import { addObject, changeObject, findObject, moveObject, neighbourOf, removeObject } from '../state/objects';
import { forgetPrompts, isPrompted } from '../state/prompts';
import { patch } from '../state/store';
import type { EngineContext } from './context';
import type { History } from './history';

export class ObjectCommands {
  readonly #context: EngineContext;
  readonly #history: History;

  constructor(context: EngineContext, history: History) {
    this.#context = context;
    this.#history = history;
  }

  /** Adds an object and selects it. It is in the list at once; prompts may follow without waiting. @throws `no-video` */
  add(name?: string): ObjectId {
    this.#context.video();
    const { store, threads } = this.#context;
    const id = store.getState().objects.nextId;
    this.#history.begin('new-object');
    store.setState(({ objects, view }) => ({
      objects: addObject(objects, name?.trim() || t.objects.defaultName(id)),
      view: { ...view, selectedObject: id, pointLabel: 1 },
    }));
    // Everything that is asked of the object waits for this.
    const { generation } = this.#context;
    this.#context.joined = this.#context.joined.then(async () => {
      this.#context.checkGeneration(generation);
      await threads.segment.addObject(id);
    });
    this.#context.joined.catch((error: unknown) => this.#context.report('frame', error));
    return id;
  }

  /** Selects an object without prompts, or adds one: what a person means by "the next click is something else". */
  addOrReuse(): ObjectId {
    const { objects, prompts } = this.#context.store.getState();
    const unused = objects.list.find(({ id }) => !isPrompted(prompts, id));
    if (!unused) return this.add();
    this.select(unused.id);
    return unused.id;
  }

  /** Takes back that an object was added whose first prompt was not answered: it is as if it had not been clicked. */
  dropUnprompted(id: ObjectId, step: number | null): void {
    const { store, threads } = this.#context;
    const { objects, prompts } = store.getState();
    if (!findObject(objects, id) || isPrompted(prompts, id)) return;
    this.#history.forget(step);
    store.setState(({ view }) => ({
      objects: removeObject(objects, id),
      view: { ...view, selectedObject: view.selectedObject === id ? neighbourOf(objects, id) : view.selectedObject },
    }));
    // A worker that is gone knows it no more.
    this.#context.joined = this.#context.joined.then(() => threads.segment.removeObject(id)).catch(() => undefined);
  }

  /** Removes an object with its prompts and masks; the others keep theirs. @throws `unknown-object` */
  async remove(id: ObjectId): Promise<void> {
    this.#context.checkObject(id);
    const { store, threads, generation } = this.#context;
    this.#history.begin('delete-object', { object: id });
    store.setState(({ objects, prompts, answers, masklets, view }) => ({
      objects: removeObject(objects, id),
      prompts: forgetPrompts(prompts, id),
      answers: forgetAnswers(answers, id),
      masklets: forgetMasklet(masklets, id),
      view: { ...view, selectedObject: view.selectedObject === id ? neighbourOf(objects, id) : view.selectedObject },
    }));
    await Promise.all([this.#context.joined, this.#history.marked()]);
    this.#context.checkGeneration(generation);
    // Taken back before the worker heard of it.
    if (findObject(store.getState().objects, id)) return;
    await threads.segment.removeObject(id);
  }

  /** @throws `unknown-object` */
  select(id: ObjectId): void {
    this.#context.checkObject(id);
    patch(this.#context.store, 'view', { selectedObject: id });
  }

  /** An empty name leaves the old one. @throws `unknown-object` */
  rename(id: ObjectId, name: string): void {
    this.#context.checkObject(id);
    const trimmed = name.trim();
    if (!trimmed || trimmed === findObject(this.#context.store.getState().objects, id)?.name) return;
    this.#history.begin('rename', { object: id });
    this.#change(id, { name: trimmed });
  }

  /** The class label that data sets call it by; without a text, that of all objects. @throws `unknown-object` */
  setCategory(id: ObjectId, text: string): void {
    this.#context.checkObject(id);
    // One line: formats have a class a line.
    const category = text.replace(/\s+/g, ' ').trim() || null;
    if (category === findObject(this.#context.store.getState().objects, id)?.category) return;
    this.#history.begin('category', { object: id });
    this.#change(id, { category });
  }

  /** @throws `unknown-object` */
  setVisible(id: ObjectId, isVisible: boolean): void {
    this.#context.checkObject(id);
    this.#history.begin(isVisible ? 'show' : 'hide', { object: id });
    this.#change(id, { isVisible });
  }

  /** Shows this object alone, or all of them when it is alone already. @throws `unknown-object` */
  solo(id: ObjectId): void {
    this.#context.checkObject(id);
    this.#history.begin('solo', { object: id });
    const { store } = this.#context;
    const isAlone = store.getState().objects.list.every((entry) => entry.isVisible === (entry.id === id));
    for (const entry of store.getState().objects.list) {
      this.#change(entry.id, { isVisible: isAlone || entry.id === id });
    }
  }

  /** Protects an object's prompts and masks, or lets them be changed again. @throws `unknown-object` */
  setLocked(id: ObjectId, isLocked: boolean): void {
    this.#context.checkObject(id);
    this.#history.begin(isLocked ? 'lock-object' : 'unlock-object', { object: id });
    this.#change(id, { isLocked });
  }

  /** @param colorIndex into the palette @throws `unknown-object` */
  recolor(id: ObjectId, colorIndex: number): void {
    this.#context.checkObject(id);
    this.#history.begin('recolor', { object: id });
    this.#change(id, { colorIndex });
  }

  /** @param opacity 0 to 1 @throws `unknown-object` */
  setOpacity(id: ObjectId, opacity: number): void {
    this.#context.checkObject(id);
    this.#history.begin('opacity', { object: id, mergeKey: `opacity ${id}` });
    this.#change(id, { opacity: Math.max(0, Math.min(1, opacity)) });
  }

  /** Repairs its masks for view and export; null leaves those of all objects. @throws `unknown-object` */
  setCleanUp(id: ObjectId, cleanUp: ObjectCleanUp | null): void {
    this.#context.checkObject(id);
    this.#history.begin('clean-up', { object: id, mergeKey: `clean-up ${id}` });
    this.#change(id, { cleanUp });
  }

  /** Moves an object up (negative) or down in the list. @throws `unknown-object` */
  move(id: ObjectId, by: number): void {
    this.#context.checkObject(id);
    const { store } = this.#context;
    const moved = moveObject(store.getState().objects, id, by);
    if (moved === store.getState().objects) return;
    this.#history.begin('reorder', { object: id, mergeKey: `reorder ${id}` });
    store.setState({ objects: moved });
  }

  #change(id: ObjectId, fields: Parameters<typeof changeObject>[2]): void {
    this.#context.store.setState(({ objects }) => ({ objects: changeObject(objects, id, fields) }));
  }
}
