/** Recordings that earlier pages left behind, neither saved nor discarded. */
import { patch } from '../state/store';
import type { EngineContext } from './context';
import type { DiskFile, RecordingDevices } from './recording-devices';

export class Leftovers {
  readonly #context: EngineContext;
  readonly #devices: RecordingDevices;
  #found: DiskFile[] = [];

  constructor(context: EngineContext, devices: RecordingDevices) {
    this.#context = context;
    this.#devices = devices;
  }

  /** Looks for them, to be offered. */
  async find(): Promise<void> {
    const found = await this.#devices.findLeftovers().catch(() => []);
    const dated = await Promise.all(
      found.map(async (disk) => ({ disk, recordedAtMs: (await disk.handle.getFile()).lastModified })),
    );
    dated.sort((a, b) => b.recordedAtMs - a.recordedAtMs);
    this.#found = dated.map(({ disk }) => disk);
    const list = dated.map(({ disk: { name, source }, recordedAtMs }) => ({ name, source, recordedAtMs }));
    patch(this.#context.store, 'leftovers', { list });
  }

  byName(name: string): DiskFile | undefined {
    return this.#found.find((leftover) => leftover.name === name);
  }

  async remove(name: string): Promise<void> {
    await this.byName(name)?.remove();
    this.forget(name);
  }

  /** It is offered no more. */
  forget(name: string): void {
    this.#found = this.#found.filter((leftover) => leftover.name !== name);
    const { list } = this.#context.store.getState().leftovers;
    patch(this.#context.store, 'leftovers', { list: list.filter((leftover) => leftover.name !== name) });
  }
}
