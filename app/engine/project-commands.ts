/** Projects that this browser keeps: listed, opened with their video, copied, deleted. */
import { asMaskletError, MaskletError } from '../../workers/protocol/errors';
import type { SourceFile } from '../../workers/protocol/media-contract';
import type { Project } from '../../workers/protocol/project';
import type { VideoInfo } from '../../workers/protocol/video';
import { sourceDifference } from '../state/source-difference';
import { patch, watch } from '../state/store';
import type { Autosave } from './autosave';
import type { EngineContext } from './context';
import { fingerprints } from './fingerprint';
import type { ProjectDevices } from './project-devices';
import { restoredWork } from './project-slices';
import type { PromptCommands } from './prompt-commands';
import { balloons } from './samples';
import { sourceFiles, sourceName } from './source-files';
import type { StoreThread } from './store-thread';
import type { VideoCommands } from './video-commands';

export class ProjectCommands {
  readonly #context: EngineContext;
  readonly #storeThread: StoreThread;
  readonly #devices: ProjectDevices;
  readonly #autosave: Autosave;
  readonly #video: VideoCommands;
  readonly #prompts: PromptCommands;
  /** Open in the store, while its video is not. */
  #awaiting: Project | null = null;

  constructor(
    context: EngineContext,
    storeThread: StoreThread,
    devices: ProjectDevices,
    autosave: Autosave,
    video: VideoCommands,
    prompts: PromptCommands,
  ) {
    this.#context = context;
    this.#storeThread = storeThread;
    this.#devices = devices;
    this.#autosave = autosave;
    this.#video = video;
    this.#prompts = prompts;
    // Something else was opened instead.
    watch(
      context.store,
      ({ project }) => project.video,
      () => void this.giveUp(),
    );
  }

  /** Looks for them, to be offered. */
  async find(): Promise<void> {
    if (!this.#devices.isAvailable || !(await this.#devices.hasProjects().catch(() => false))) return;
    await this.#list();
  }

  /**
   * Opens a project where it was left. Where its video is not at hand, the person is asked for it (`give`).
   * @param baseUrl of the page, where its samples are
   */
  async open(id: string, baseUrl: string): Promise<void> {
    const { store } = this.#context;
    this.#context.dismiss('open');
    patch(store, 'projects', { openElsewhere: null, awaited: null });
    await this.#autosave.leave();
    try {
      const project = await this.#storeThread.api.open(id);
      this.#awaiting = project;
      if (project.head.source.sample === balloons.name) {
        await this.#openWith(project, [], new URL(balloons.path, baseUrl).href);
        return;
      }
      const files = await this.#devices.handles.open(id).catch(() => null);
      if (files) await this.give(sourceFiles(files));
      else await this.#ask(project);
    } catch (error) {
      await this.giveUp();
      const { code } = asMaskletError(error);
      const name = store.getState().projects.list.find((one) => one.id === id)?.name ?? '';
      if (code === 'busy') patch(store, 'projects', { openElsewhere: { id, name } });
      else this.#context.report('open', error, null);
      throw error;
    }
  }

  /** Gives the project that waits for it its video; says how it differs from the one that it was made of. */
  async give(files: readonly SourceFile[]): Promise<void> {
    const project = this.#awaiting;
    if (!project) return;
    const given = await fingerprints(files, (bytes) => this.#devices.digest(bytes));
    const difference = sourceDifference(project.head.source.files, given);
    if (this.#awaiting !== project) return;
    if (difference) {
      await this.#ask(project);
      const { awaited } = this.#context.store.getState().projects;
      if (awaited) patch(this.#context.store, 'projects', { awaited: { ...awaited, difference } });
      return;
    }
    await this.#openWith(project, files);
  }

  /** Lets go of a project whose video is not there. */
  async giveUp(): Promise<void> {
    if (this.#context.store.getState().projects.awaited) patch(this.#context.store, 'projects', { awaited: null });
    if (!this.#awaiting) return;
    this.#awaiting = null;
    await this.#autosave.comeBack();
  }

  /** @throws `invalid-argument` where there is no such project */
  async rename(id: string, name: string): Promise<void> {
    const trimmed = name.trim();
    if (trimmed !== '') await this.#change((api) => api.rename(id, trimmed));
  }

  /** @param name of the copy @returns its id */
  async duplicate(id: string, name: string): Promise<string> {
    const newId = this.#devices.newId();
    await this.#change((api) => api.duplicate(id, newId, name));
    await this.#devices.handles.copy(id, newId).catch(() => undefined);
    return newId;
  }

  async delete(id: string): Promise<void> {
    await this.#devices.handles.forget(id).catch(() => undefined);
    await this.#change((api) => api.delete(id));
  }

  /** All projects, and what is known of their files. */
  async deleteAll(): Promise<void> {
    await this.#devices.handles.forgetAll().catch(() => undefined);
    await this.#change((api) => api.deleteAll());
  }

  async #change(call: (api: StoreThread['api']) => Promise<unknown>): Promise<void> {
    try {
      await call(this.#storeThread.api);
    } catch (error) {
      this.#context.report('open', error, null);
      throw error;
    } finally {
      await this.#list();
    }
  }

  async #list(): Promise<void> {
    const list = await this.#storeThread.api.list().catch(() => []);
    patch(this.#context.store, 'projects', { list });
  }

  async #ask({ head: { id, name, source } }: Project): Promise<void> {
    const isKnown = await this.#devices.handles.isKnown(id).catch(() => false);
    const fileName = source.files[0]?.name ?? name;
    const awaited = { id, name, fileName, fileCount: source.files.length, isKnown, difference: null };
    patch(this.#context.store, 'projects', { awaited });
  }

  async #openWith(project: Project, files: readonly SourceFile[], fetchUrl?: string): Promise<void> {
    const { head } = project;
    const work = restoredWork(project, this.#context.store.getState().settings);
    const masks = work.adopted.flatMap((object) => object.masks);
    const source = {
      files,
      name: files.length > 0 ? sourceName(files) : head.source.files[0]!.path,
      options: head.source.options,
    };
    const onThere = (video: VideoInfo) => this.#autosave.goOn(project, video, masks);
    // From here on it is the open video's, whose opening tells of its failures.
    this.#awaiting = null;
    patch(this.#context.store, 'projects', { awaited: null });
    try {
      await this.#video.openProject(source, {
        sample: fetchUrl ? balloons.name : null,
        work: { ...work, onThere },
        check: (video) => checkVideo(project, video),
        fetchUrl,
      });
    } catch (error) {
      await this.#autosave.comeBack();
      throw error;
    }
    const opened = this.#video.source;
    if (opened && !fetchUrl) await this.#devices.handles.keep(head.id, opened).catch(() => undefined);
    // Those that had no answer yet when the page was left.
    void this.#prompts.stateUntold().catch((error: unknown) => this.#context.report('frame', error));
  }
}

/** The same bytes may be decoded otherwise by another browser: masks must not sit on the wrong frames. */
function checkVideo({ head: { name, video: kept } }: Project, video: VideoInfo): void {
  const isSame = video.width === kept.width && video.height === kept.height && video.frameCount === kept.frameCount;
  if (isSame) return;
  throw new MaskletError('invalid-argument', `The frames of this video are not those that ${name} was made of.`, {
    reason: ['project-other-video', name],
  });
}
