/** Calls in turn, per key. */

type Chain = { tail: Promise<unknown>; waiting: Promise<unknown> | null };

export class CallQueue<K> {
  readonly #chains = new Map<K, Chain>();

  /** Whether a call of this key has not begun yet. */
  hasWaiting(key: K): boolean {
    return this.#chains.get(key)?.waiting != null;
  }

  /**
   * Makes the call after those of the same key. Calls that come before it has begun are answered together with it, so it
   * must read the latest state when it begins.
   */
  async latest<R>(key: K, call: () => Promise<R>): Promise<R> {
    const waiting = this.#chains.get(key)?.waiting;
    if (waiting) return waiting as Promise<R>;
    const answer = this.#append(key, () => {
      this.#chains.get(key)!.waiting = null;
      return call();
    });
    this.#chains.get(key)!.waiting = answer;
    return answer;
  }

  /** Makes the call after those of the same key, for itself. */
  async next<R>(key: K, call: () => Promise<R>): Promise<R> {
    const answer = this.#append(key, call);
    this.#chains.get(key)!.waiting = null;
    return answer;
  }

  #append<R>(key: K, call: () => Promise<R>): Promise<R> {
    const chain = this.#chains.get(key) ?? { tail: Promise.resolve(), waiting: null };
    this.#chains.set(key, chain);
    const answer = chain.tail.then(call);
    const settled = answer
      .catch(() => undefined)
      .then(() => {
        if (chain.tail === settled) this.#chains.delete(key);
      });
    chain.tail = settled;
    return answer;
  }
}
