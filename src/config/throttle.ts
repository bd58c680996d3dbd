import { z } from 'zod';

/** The limits above which a purge waits; `off` ignores the signal. Plain JSON. */
export interface ThrottleLimits {
  /** Threads that run a statement, Sediment's own not counted; `auto`: 2 per vCPU on Aurora, 25 elsewhere. */
  threadsRunning: number | 'auto' | 'off';
  /** Transactions whose old row versions InnoDB has yet to purge. */
  historyLength: number | 'off';
  /** The lag of any of the source's replicas and of Aurora's readers. */
  replicaLagSeconds: number | 'off';
  /** The mean time of a commit on Aurora over about the last second, in milliseconds. */
  commitMillis: number | 'off';
  /** Rest after a lock wait timeout or a deadlock; it doubles with each further one in a row, up to 60 s. */
  lockWaitSeconds: number | 'off';
  /** How long a transaction should take, in milliseconds. */
  targetMillis: number;
  /** Rest after each transaction as a share of what it took. */
  restRatio: number;
  /** The MySQL resource group that sessions of purges and exports join; absent: none. */
  resourceGroup?: string;
}

/**
 * What suits a busy primary. 25 running threads is where pt-online-schema-change pauses by default (--max-load); a million transactions of
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
  /** Running threads, Sediment's own not counted. Default auto: 2 per vCPU on Aurora, 25 elsewhere. */
  threadsRunning: limitSchema(25, ['auto', 'off'], true),
  /** InnoDB's history list length. Default 1,000,000. */
  historyLength: limitSchema(1_000_000, ['off'], true),
  /** Seconds that a replica may be behind. Default 1. */
  replicaLagSeconds: limitSchema(1, ['off']),
  /** Milliseconds per commit on Aurora. Default 50. */
  commitMillis: limitSchema(50, ['off']),
  /** Seconds of rest after a lock wait or a deadlock. Default 5. */
  lockWaitSeconds: limitSchema(5, ['off']),
  /** How long a transaction should take, in milliseconds: 10 to 10,000. Default 250. */
  targetMillis: z.int().min(10).max(10_000).optional(),
  /** Rest after a transaction as a share of what it took: 1 rests as long as it worked. Default 0. */
  restRatio: z.number().min(0).max(100).optional(),
  /** A MySQL resource group that the sessions of purges and exports join. Default none. */
  resourceGroup: z.string().min(1, 'is empty. Write the name of a resource group, or leave it out.').max(64).optional(),
});
