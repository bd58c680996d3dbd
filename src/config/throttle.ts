import { z } from 'zod';

/** What a purge may see of the server before it waits; `off` doesn't look at the signal. Plain JSON. */
export interface ThrottleLimits {
  /** Threads that run a statement, Sediment's own not counted; `auto`: 2 a vCPU on Aurora, 25 elsewhere. */
  threadsRunning: number | 'auto' | 'off';
  /** Transactions whose old row versions InnoDB has yet to purge. */
  historyLength: number | 'off';
  /** Of each of the source's replicas and of Aurora's readers. */
  replicaLagSeconds: number | 'off';
  /** What a commit takes on Aurora, in milliseconds, over the last second or so. */
  commitMillis: number | 'off';
  /** How long to rest after a lock wait or a deadlock; twice as long for each further one, 60 s at most. */
  lockWaitSeconds: number | 'off';
  /** What a transaction should take, in milliseconds. */
  targetMillis: number;
  /** Rest after each transaction as a share of what it took. */
  restRatio: number;
}

/**
 * What suits a busy primary. 25 running threads is where the field's tools stop by default; a million transactions of
 * history is where reads of old versions are felt; a replica more than a second behind serves stale reads; a commit on
 * Aurora takes some 5 ms, so that 50 means its storage is struggling.
 */
export const defaultThrottle: ThrottleLimits = {
  threadsRunning: 'auto',
  historyLength: 1_000_000,
  replicaLagSeconds: 1,
  commitMillis: 50,
  lockWaitSeconds: 5,
  targetMillis: 250,
  restRatio: 0,
};

function limit(example: number, words: readonly string[], whole: boolean) {
  const offered = `Write a${whole ? ' whole' : ''} number above 0 such as ${example}, or ${words.join(' or ')}.`;
  const isLimit = (value: unknown) =>
    typeof value === 'number' ? value > 0 && Number.isFinite(value) && (!whole || Number.isInteger(value)) : false;
  return (value: unknown) =>
    isLimit(value) || words.some((word) => word === value)
      ? undefined
      : `${JSON.stringify(value) ?? 'the value'} is no limit. ${offered}`;
}

function limitSchema<Word extends 'off' | 'auto'>(example: number, words: readonly Word[], whole = false) {
  const complaint = limit(example, words, whole);
  return z
    .custom<number | Word>((value) => complaint(value) === undefined, { error: (issue) => complaint(issue.input) })
    .optional();
}

export const throttleSchema = z.strictObject({
  /** Running threads, Sediment's own not counted. Default auto: 2 a vCPU on Aurora, 25 elsewhere. */
  threadsRunning: limitSchema(25, ['auto', 'off'], true),
  /** InnoDB's history list length. Default 1,000,000. */
  historyLength: limitSchema(1_000_000, ['off'], true),
  /** Seconds that a replica may be behind. Default 1. */
  replicaLagSeconds: limitSchema(1, ['off']),
  /** Milliseconds a commit on Aurora. Default 50. */
  commitMillis: limitSchema(50, ['off']),
  /** Seconds of rest after a lock wait or a deadlock. Default 5. */
  lockWaitSeconds: limitSchema(5, ['off']),
  /** What a transaction should take, in milliseconds: 10 to 10,000. Default 250. */
  targetMillis: z.int().min(10).max(10_000).optional(),
  /** Rest after a transaction as a share of what it took: 1 rests as long as it worked. Default 0. */
  restRatio: z.number().min(0).max(100).optional(),
});
