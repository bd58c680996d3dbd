import { condition } from '@temporalio/workflow';

/** Lets at most a fixed number of coroutines run at once. */
export class Semaphore {
  #free: number;

  constructor(slots: number) {
    this.#free = slots;
  }

  get free(): number {
    return this.#free;
  }

  async acquire(): Promise<void> {
    // Checked again, because another one that waited may have taken the slot.
    while (this.#free === 0) await condition(() => this.#free > 0);
    this.#free--;
  }

  release(): void {
    this.#free++;
  }
}
