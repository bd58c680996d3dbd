import { sleep } from '@temporalio/workflow';

/** A run's two timers: one says when its time is up, the other how long a table has had its slot. */
export class RunClock {
  /** The run's time is up. */
  closing = false;
  /** Half the patience has passed this many times since the start. */
  ticks = 0;

  constructor(closeAt: number | undefined, patienceMillis: number) {
    // A cancelled run cancels its timers; nothing waits for them.
    const ended = () => undefined;
    this.#tick(patienceMillis / 2).catch(ended);
    if (closeAt === undefined) return;
    sleep(Math.max(1, closeAt - Date.now())).then(() => {
      this.closing = true;
    }, ended);
  }

  async #tick(millis: number): Promise<void> {
    for (;;) {
      await sleep(millis);
      this.ticks++;
    }
  }
}
