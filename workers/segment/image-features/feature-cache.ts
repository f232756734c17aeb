/** Image features by frame, within a limit of bytes: however many clicks land on a frame, it is encoded once. */
import { disposeFeatures, featuresBytes, type ImageFeatures } from '../graphs/image-encoder';

export type FeatureTimes = { decode: number; preprocess: number; imageEncoder: number };

/** Features in use: they are not evicted before `release`. */
export type FeatureLease = { features: ImageFeatures; times: FeatureTimes; release(): void };

type Entry = { features: ImageFeatures; bytes: number; leases: number };

const noTimes: FeatureTimes = { decode: 0, preprocess: 0, imageEncoder: 0 };

export class FeatureCache {
  readonly #encode: (frameIndex: number) => Promise<{ features: ImageFeatures; times: FeatureTimes }>;
  readonly #limitBytes: number;
  /** Least recently used first. */
  readonly #entries = new Map<number, Entry>();
  bytes = 0;
  encoderRuns = 0;

  constructor(
    encode: (frameIndex: number) => Promise<{ features: ImageFeatures; times: FeatureTimes }>,
    limitBytes: number,
  ) {
    this.#encode = encode;
    this.#limitBytes = limitBytes;
  }

  has(frameIndex: number): boolean {
    return this.#entries.has(frameIndex);
  }

  /** One call at a time for a frame: the tracker's steps are serial. */
  async acquire(frameIndex: number): Promise<FeatureLease> {
    let entry = this.#entries.get(frameIndex);
    let times = noTimes;
    if (entry) {
      this.#entries.delete(frameIndex);
    } else {
      const encoded = await this.#encode(frameIndex);
      this.encoderRuns++;
      times = encoded.times;
      entry = { features: encoded.features, bytes: featuresBytes(encoded.features), leases: 0 };
      this.bytes += entry.bytes;
    }
    entry.leases++;
    this.#entries.set(frameIndex, entry);
    this.#evict();
    const leased = entry;
    return {
      features: leased.features,
      times,
      release: () => {
        leased.leases--;
      },
    };
  }

  clear(): void {
    for (const { features } of this.#entries.values()) disposeFeatures(features);
    this.#entries.clear();
    this.bytes = 0;
  }

  #evict(): void {
    for (const [frameIndex, entry] of this.#entries) {
      if (this.bytes <= this.#limitBytes) return;
      if (entry.leases > 0) continue;
      this.#entries.delete(frameIndex);
      this.bytes -= entry.bytes;
      disposeFeatures(entry.features);
    }
  }
}
