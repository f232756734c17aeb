/** All commands of the page, wired up: what the interface and the automation API call. */
import type { MaskResult } from '../../workers/protocol/mask';
import type { Project } from '../../workers/protocol/project';
import type { AdoptedObject, LoadModelRequest } from '../../workers/protocol/segment-contract';
import type { VideoInfo } from '../../workers/protocol/video';
import { noAnswers } from '../state/answers';
import { markedFrames, maskletsFor } from '../state/masklets';
import { promptedFrames, promptsOn } from '../state/prompts';
import { watch, type AppStore } from '../state/store';
import { Autosave } from './autosave';
import { CatalogueCommands } from './catalogue-commands';
import { EarlierMasks } from './earlier-masks';
import { EngineContext, type Clock } from './context';
import { ExportCommands } from './export-commands';
import { FrameMasks } from './frame-masks';
import { FramePresenter } from './frame-presenter';
import { History } from './history';
import { HistoryCommands } from './history-commands';
import { promptMask } from './frame-gestures';
import { ImportCommands } from './import-commands';
import { MaskClipboard } from './mask-clipboard';
import { ModelCommands } from './model-commands';
import { ObjectCommands } from './object-commands';
import { Player } from './player';
import { ProjectCommands } from './project-commands';
import type { ProjectDevices } from './project-devices';
import { adoptedObjects, restoredWork, samePrompts } from './project-slices';
import { PromptCommands } from './prompt-commands';
import { Recorder } from './recorder';
import type { RecordingDevices } from './recording-devices';
import { ReviewCommands } from './review-commands';
import { SettingsCommands } from './settings-commands';
import { SettingsSync } from './settings-sync';
import { Sound, type CreateAudio } from './sound';
import { StoreThread } from './store-thread';
import { Threads, type StartThread } from './threads';
import { Thumbnails } from './thumbnails';
import { TrackCommands } from './track-commands';
import { VideoCommands } from './video-commands';

export type EngineOptions = {
  store: AppStore;
  startThread: StartThread;
  /** Folder of the model pack, absolute. */
  packUrl: string;
  /** List of the models without weights, absolute. */
  catalogueUrl: string;
  provider: LoadModelRequest['provider'];
  clock: Clock;
  createAudio: CreateAudio;
  recordingDevices: RecordingDevices;
  projectDevices: ProjectDevices;
};

export class Engine {
  readonly context: EngineContext;
  readonly model: ModelCommands;
  readonly catalogue: CatalogueCommands;
  readonly video: VideoCommands;
  readonly objects: ObjectCommands;
  readonly prompts: PromptCommands;
  readonly tracking: TrackCommands;
  readonly player: Player;
  readonly presenter: FramePresenter;
  readonly masks: FrameMasks;
  readonly earlierMasks: EarlierMasks;
  readonly recorder: Recorder;
  readonly exporting: ExportCommands;
  readonly importing: ImportCommands;
  readonly thumbnails: Thumbnails;
  readonly history: HistoryCommands;
  readonly review: ReviewCommands;
  readonly settings: SettingsCommands;
  readonly clipboard: MaskClipboard;
  readonly autosave: Autosave;
  readonly projects: ProjectCommands;
  readonly #marks: History;
  readonly #settingsSync: SettingsSync;
  readonly #startThread: StartThread;

  constructor({
    store,
    startThread,
    packUrl,
    catalogueUrl,
    provider,
    clock,
    createAudio,
    recordingDevices,
    projectDevices,
  }: EngineOptions) {
    this.#startThread = startThread;
    const context = new EngineContext(store, this.#startThreads(), clock);
    this.context = context;
    this.model = new ModelCommands(context, packUrl, provider, () => this.#renew());
    this.catalogue = new CatalogueCommands(context, this.model, catalogueUrl);
    this.#marks = new History(context, this.model);
    this.masks = new FrameMasks(context);
    this.#settingsSync = new SettingsSync(context, this.masks);
    this.earlierMasks = new EarlierMasks(context, this.#marks);
    this.settings = new SettingsCommands(context, this.#marks);
    this.presenter = new FramePresenter(context, this.masks);
    this.player = new Player(context, this.presenter, this.#marks);
    this.tracking = new TrackCommands(context, this.model, this.player, this.#marks);
    const storeThread = new StoreThread(startThread);
    const shown = { presenter: this.presenter, masks: this.masks, history: this.#marks };
    this.autosave = new Autosave(context, storeThread, projectDevices, shown, () => this.video.source);
    this.video = new VideoCommands(
      context,
      this.presenter,
      this.masks,
      this.player,
      this.tracking,
      this.#marks,
      this.autosave,
    );
    this.recorder = new Recorder(context, this.model, this.video, this.player, this.tracking, recordingDevices);
    this.objects = new ObjectCommands(context, this.#marks);
    this.prompts = new PromptCommands(context, this.model, this.#marks);
    this.history = new HistoryCommands(context, this.#marks, this.prompts, this.tracking, this.masks, this.player);
    this.projects = new ProjectCommands(context, storeThread, projectDevices, this.autosave, this.video, this.prompts);
    this.review = new ReviewCommands(context, this.player, this.#marks);
    this.clipboard = new MaskClipboard(context, this.masks, (mask) => promptMask(this, store, mask));
    this.exporting = new ExportCommands(context);
    this.importing = new ImportCommands(context, this.#marks, this.objects, this.prompts);
    this.thumbnails = new Thumbnails(context);
    const sound = new Sound(context, createAudio);
    watch(
      store,
      (state) => state.project.video,
      () => {
        const { files = [] } = this.video.source ?? {};
        sound.open(files.length === 1 ? files[0]!.file : null);
      },
    );
  }

  /**
   * New threads in place of failed ones, with the model, the video, the objects and the prompts of before. Masks went with
   * the old threads, but for those that were saved.
   */
  async restart(): Promise<void> {
    const { context } = this;
    await this.#startAgain();
    void this.model.load().catch(() => undefined);
    const saved = await this.autosave.masksOnDisk();
    try {
      const isOpen = await this.#openAgain(async (threads, video) => {
        if (saved) await this.#takeSaved(threads, saved);
        else await this.#beginAnew(threads, video);
      });
      if (isOpen) await this.prompts.stateUntold();
    } catch (error) {
      context.report('threads', error);
    }
  }

  async #beginAnew({ segment }: Threads, video: VideoInfo): Promise<void> {
    const { store } = this.context;
    store.setState({ masklets: maskletsFor(video.frameCount), answers: noAnswers });
    for (const { id } of store.getState().objects.list) await segment.addObject(id);
    this.#marks.forgetTold();
  }

  /** The page's objects and prompts, with the masks that were saved. */
  async #takeSaved({ segment }: Threads, saved: Project): Promise<void> {
    const { store } = this.context;
    const { objects, prompts, settings } = store.getState();
    const onDisk = restoredWork({ ...saved, slices: { ...saved.slices, objects } }, settings);
    const masks = onDisk.adopted.flatMap((object) => object.masks);
    const told = samePrompts(prompts, onDisk.prompts);
    await segment.adopt(adoptedObjects(objects, told, onDisk.masklets, masks));
    this.#marks.told = told;
    store.setState({ masklets: onDisk.masklets, answers: noAnswers });
    this.autosave.takeVersions(masks);
  }

  /** New threads that know what those before knew, masks too; the model is still to be loaded. */
  async #renew(): Promise<void> {
    const { context } = this;
    const known = await this.#knownObjects();
    const { told } = this.#marks;
    await this.#startAgain();
    await this.#openAgain(async ({ segment }) => segment.adopt(known));
    this.#marks.told = told;
    // Those that were never answered wait for the model.
    void this.prompts.stateUntold().catch((error: unknown) => context.report('frame', error));
  }

  /** As the worker has them, which answers although it can run no model. */
  async #knownObjects(): Promise<AdoptedObject[]> {
    const { store, threads } = this.context;
    const { objects, masklets } = store.getState();
    const { told } = this.#marks;
    const marked = new Set(Object.values(masklets.byObject).flatMap(markedFrames));
    const masks: MaskResult[] = [];
    for (const frameIndex of marked) {
      // Without the objects' own repairs, which the new worker makes again.
      for (const mask of await threads.segment.keptMasks(frameIndex)) masks.push(mask);
    }
    return objects.list.map(({ id }) => ({
      object: id,
      prompts: promptedFrames(told, id).map((frameIndex) => ({ frameIndex, prompts: promptsOn(told, id, frameIndex) })),
      masks: masks.filter(({ object }) => object === id),
    }));
  }

  async #startAgain(): Promise<void> {
    const { context } = this;
    this.player.pause();
    context.generation++;
    context.threads.stop();
    await this.tracking.cancel();
    context.threads = this.#startThreads();
    context.dismiss('threads');
    this.masks.clear();
    this.#marks.clear();
  }

  /** @returns false when there was no video */
  async #openAgain(tellObjects: (threads: Threads, video: VideoInfo) => Promise<void>): Promise<boolean> {
    const { context } = this;
    const { threads } = context;
    const { source } = this.video;
    if (!source) {
      this.#settingsSync.restart();
      return false;
    }
    const { files, name, options } = source;
    const video = await threads.media.open([...files], name, options, new AbortController().signal);
    context.joined = threads.joinVideo(video).then(async () => {
      await tellObjects(threads, video);
      this.#settingsSync.restart();
    });
    await Promise.all([this.presenter.show(context.store.getState().playback.frameIndex), context.joined]);
    return true;
  }

  #startThreads(): Threads {
    return new Threads(this.#startThread, (_, error) => this.context.report('threads', error));
  }
}
