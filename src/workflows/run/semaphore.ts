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
    // Checked again, because another one that waited may have taken the slot.
    while (this.#free === 0) await condition(() => this.#free > 0);
    this.#free--;
  }

  release(): void {
    this.#free++;
  }
}
