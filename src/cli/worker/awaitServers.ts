import type { Logger } from '@temporalio/common';
import { judge } from '../../job/verdict.ts';
import { pause } from '../../pacing/pause.ts';
import { failureWithin } from '../../telemetry/failureWithin.ts';
import { explain } from '../explain/explain.ts';

/** A server that a worker needs. */
export interface NeededServer {
  /** What it is, and its address. */
  address: string;
  /** @throws what keeps it from being used */
  reach(): Promise<unknown>;
}

export interface StartOptions {
  logger: Pick<Logger, 'info' | 'warn'>;
  /** How long the servers are waited for together, in milliseconds. */
  forMillis: number;
  /** Between two tries. Default 2 s. */
  pauseMillis?: number;
}

const tryAgainMillis = 2_000;
/** One try; a server that takes the connection and never answers ends it. */
const tryMillis = 20_000;
const tellMillis = 15_000;

/** The worker's servers weren't there in time. */
export class ServersMissing extends Error {
  override readonly name = 'ServersMissing';
}

/**
 * Waits until each server answers: a worker is often started with them, or in the middle of a failover. What no waiting
 * mends, such as a refused password, fails at once.
 * @throws ServersMissing, or what `reach` throws
 */
export async function awaitServers(servers: readonly NeededServer[], options: StartOptions): Promise<void> {
  const over = new AbortController();
  const began = performance.now();
  try {
    await Promise.all(servers.map((server) => awaitServer(server, options, { began, signal: over.signal })));
  } finally {
    over.abort();
  }
}

async function awaitServer(
  { address, reach }: NeededServer,
  { logger, forMillis, pauseMillis = tryAgainMillis }: StartOptions,
  { began, signal }: { began: number; signal: AbortSignal },
): Promise<void> {
  let reported = Number.NEGATIVE_INFINITY;
  for (;;) {
    const failure = await failureWithin(reach, tryMillis, noAnswer);
    if (!failure || signal.aborted) return;
    if (!passes(failure)) throw failure;
    const waited = performance.now() - began;
    const reason = explain(failure).message;
    const seconds = Math.round(waited / 1000);
    if (waited + pauseMillis >= forMillis)
      throw new ServersMissing(`${address} didn't answer for ${seconds} s, so this worker gives up: ${reason}`);
    if (waited - reported >= tellMillis) {
      reported = waited;
      logger.warn(`waits for ${address}, for ${seconds} s of at most ${Math.round(forMillis / 1000)} s: ${reason}`);
    }
    await pause(pauseMillis, signal);
  }
}

/** The error of a server that took the connection and never answered. */
function noAnswer(): Error {
  return Object.assign(new Error(`it took the connection and gave no answer within ${tryMillis / 1000} s`), {
    code: 'ETIMEDOUT',
  });
}

const grpcUnavailable = [4, 14];

/** Whether waiting may mend it. Of Temporal's answers only that none came in time, or that it isn't ready. */
function passes(error: Error): boolean {
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'number') return grpcUnavailable.includes(code);
  return judge(error).verdict === 'retry';
}
