import { condition } from '@temporalio/workflow';

/** Lets so many go on at once. */
export class Semaphore {
  #free: number;

  constructor(slots: number) {
    this.#free = slots;
  }

  get free(): number {
    return this.#free;
  }

  async acquire(): Promise<void> {
    // Of several that wait for one slot only the first finds it free.
    while (this.#free === 0) await condition(() => this.#free > 0);
    this.#free--;
  }

  release(): void {
    this.#free++;
  }
}
