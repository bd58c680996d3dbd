import type { Logger } from '@temporalio/common';
import { pause } from '../pacing/pause.ts';
import { failureWithin } from './failureWithin.ts';

/** A server that a worker can't work without. */
export interface ProbedServer {
  name: string;
  /** @throws what keeps it from answering */
  ask(): Promise<unknown>;
}

/** How often servers are asked, and for how long an answer counts, in milliseconds. */
export interface ReadinessLimits {
  everyMillis: number;
  answerMillis: number;
  freshMillis: number;
}

const usualLimits: ReadinessLimits = { everyMillis: 15_000, answerMillis: 10_000, freshMillis: 60_000 };

/** What one server's answers say. `secondsAgo` is undefined before its first answer. */
export interface ServerReadiness {
  name: string;
  ready: boolean;
  secondsAgo: number | undefined;
}

/** Whether each of a worker's servers has answered lately. Not ready before all have answered once. */
export class Readiness {
  readonly #answeredAt = new Map<string, number>();

  constructor(
    readonly servers: readonly ProbedServer[],
    readonly limits: ReadinessLimits = usualLimits,
  ) {}

  report(): ServerReadiness[] {
    return this.servers.map(({ name }) => {
      const at = this.#answeredAt.get(name);
      const millis = at === undefined ? undefined : performance.now() - at;
      return {
        name,
        ready: millis !== undefined && millis <= this.limits.freshMillis,
        secondsAgo: millis === undefined ? undefined : Math.round(millis / 1000),
      };
    });
  }

  /** Asks the servers, side by side, until the signal aborts. What keeps one from answering is logged once, and its return. */
  async keepAsking(logger: Pick<Logger, 'info' | 'warn'>, signal: AbortSignal): Promise<void> {
    await Promise.all(this.servers.map((server) => this.#keepAsking(server, logger, signal)));
  }

  async #keepAsking({ name, ask }: ProbedServer, logger: Pick<Logger, 'info' | 'warn'>, signal: AbortSignal) {
    const { answerMillis, everyMillis } = this.limits;
    let silent = false;
    while (!signal.aborted) {
      const error = await failureWithin(
        ask,
        answerMillis,
        () => new Error(`no answer within ${answerMillis / 1000} s`),
      );
      if (signal.aborted) return;
      if (!error) this.#answeredAt.set(name, performance.now());
      if (error && !silent) logger.warn(`${name} doesn’t answer`, { error });
      if (!error && silent) logger.info(`${name} answers again`);
      silent = error !== undefined;
      await pause(everyMillis, signal);
    }
  }
}
