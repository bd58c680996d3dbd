/** A purge or an export that neither works nor asks whether it may is over, or waits on a timer of its workflow. */
const forgottenAfterMillis = 10_000;

/** Which purges and exports of this process are under way, and which of them are at the server now. */
export class Works {
  readonly #seenAt = new Map<object, number>();
  readonly #workingSince = new Map<object, number>();
  readonly #waiting = new Set<() => void>();
  /** Grows with each beginning and each end. */
  epoch = 0;
  /** When the last one ended, by the monotonic clock. */
  endedAt = Number.NEGATIVE_INFINITY;
  /** What one has taken lately, in milliseconds. */
  usualMillis = 20;
  #busyMillis = 0;
  #busySince = 0;

  begin(work: object): void {
    if (!this.working) this.#busySince = performance.now();
    this.#workingSince.set(work, performance.now());
    this.#changed(work);
  }

  end(work: object): void {
    const since = this.#workingSince.get(work);
    if (since === undefined) return;
    this.#workingSince.delete(work);
    this.endedAt = performance.now();
    this.usualMillis += (this.endedAt - since - this.usualMillis) / 4;
    if (!this.working) this.#busyMillis += this.endedAt - this.#busySince;
    this.#changed(work);
  }

  /** It is under way, though it rests. */
  keep(work: object): void {
    this.#seenAt.set(work, performance.now());
  }

  get working(): boolean {
    return this.#workingSince.size > 0;
  }

  /** For how long any of them has been at the server since the process began, in milliseconds. */
  get busyMillis(): number {
    return this.#busyMillis + (this.working ? performance.now() - this.#busySince : 0);
  }

  get number(): number {
    const now = performance.now();
    for (const [work, at] of this.#seenAt)
      if (now - at > forgottenAfterMillis && !this.#workingSince.has(work)) this.#seenAt.delete(work);
    return this.#seenAt.size;
  }

  /** Resolves when one begins or ends, or after so many milliseconds. */
  async change(millis: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, millis);
      timer.unref();
      this.#waiting.add(done);
    });
  }

  /** Resolves so long after the last one ended, when the next begins, or after the longest time. All in milliseconds. */
  async aftermath(settleMillis: number, longestMillis: number): Promise<void> {
    const deadline = performance.now() + longestMillis;
    const left = () => deadline - performance.now();
    while (this.working && left() > 0) await this.change(left());
    if (left() > 0) await this.change(Math.min(settleMillis, left()));
  }

  #changed(work: object): void {
    this.keep(work);
    this.epoch++;
    for (const done of this.#waiting) done();
  }
}
