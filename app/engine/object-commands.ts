/** Adds, removes, selects, renames and hides objects. */
import type { ObjectId } from '../../workers/protocol/prompt';
import { t } from '../messages/messages';
import { forgetAnswers } from '../state/answers';
import { forgetMasklet } from '../state/masklets';
import { addObject, changeObject, neighbourOf, removeObject } from '../state/objects';
import { forgetPrompts, isPrompted } from '../state/prompts';
import { patch } from '../state/store';
import type { EngineContext } from './context';

export class ObjectCommands {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Adds an object and selects it. It is in the list at once; prompts may follow without waiting. @throws `no-video` */
  add(name?: string): ObjectId {
    this.#context.video();
    const { store, threads } = this.#context;
    const id = store.getState().objects.nextId;
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

  /** Removes an object with its prompts and masks; the others keep theirs. @throws `unknown-object` */
  async remove(id: ObjectId): Promise<void> {
    this.#context.checkObject(id);
    const { store, threads, generation } = this.#context;
    store.setState(({ objects, prompts, answers, masklets, view }) => ({
      objects: removeObject(objects, id),
      prompts: forgetPrompts(prompts, id),
      answers: forgetAnswers(answers, id),
      masklets: forgetMasklet(masklets, id),
      view: { ...view, selectedObject: view.selectedObject === id ? neighbourOf(objects, id) : view.selectedObject },
    }));
    await this.#context.joined;
    this.#context.checkGeneration(generation);
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
    if (trimmed) this.#change(id, { name: trimmed });
  }

  /** @throws `unknown-object` */
  setVisible(id: ObjectId, isVisible: boolean): void {
    this.#context.checkObject(id);
    this.#change(id, { isVisible });
  }

  #change(id: ObjectId, fields: Parameters<typeof changeObject>[2]): void {
    this.#context.store.setState(({ objects }) => ({ objects: changeObject(objects, id, fields) }));
  }
}
