import type { Day } from './day.ts';

/** What keeps a table from its work for the moment: it goes on by itself once that has passed. */
export type WaitsFor = 'worker' | 'run' | 'hold' | 'window' | 'fuse' | 'clock' | 'health' | 'contention' | 'archive';

/** What a table does, or why it does nothing. */
export type TableState =
  /** No daily run has opened it yet: nobody knows what is due there. */
  | { kind: 'neverLookedAt' }
  /** Nothing of it is archived or purged until a person has looked. `since` is ISO 8601, UTC, here and below. */
  | { kind: 'refused'; reason: string; remedy: string | null; command: string | null; since: string }
  /** A day of it, or its purge, stands until a person has looked. `day` is null where all of its purge does. */
  | {
      kind: 'stopped';
      work: 'archive' | 'purge';
      day: Day | null;
      reason: string;
      remedy: string | null;
      command: string | null;
      since: string | null;
    }
  /** An attempt has failed, and is tried again by itself. */
  | { kind: 'failing'; work: 'archive' | 'purge'; day: Day | null; times: number; failure: string }
  | { kind: 'waiting'; for: WaitsFor; day: Day | null; reason: string; since: string | null }
  | { kind: 'exporting' | 'verifying' | 'purging' | 'healing'; day: Day | null }
  /** Everything was looked at, and nothing is to be done. */
  | { kind: 'inOrder' };

export type StateKind = TableState['kind'];

/** All states, the worst first. */
export const stateKinds: readonly StateKind[] = [
  'refused',
  'stopped',
  'failing',
  'neverLookedAt',
  'waiting',
  'healing',
  'purging',
  'verifying',
  'exporting',
  'inOrder',
];

/** A workflow of the table that is open. */
export interface OpenWork {
  /** The activity that is under way or waits for its retry. */
  activity: string | null;
  /** The day that it is about, where that is known. */
  day: Day | null;
  /** Counted from 1; 0 where none is pending. */
  attempt: number;
  /** Why its last attempt failed. */
  failure: string | null;
  /** When that was: ISO 8601, UTC. */
  failedAt: string | null;
}

/** What Temporal knows of the table. */
export interface TemporalFacts {
  workerUp: boolean;
  /** Null where the workflow isn't open. */
  archive: OpenWork | null;
  purge: OpenWork | null;
}

/** Everything that a table's state follows from. */
export interface StateFacts {
  /** Null where the last run opened it. */
  refused: { reason: string; remedy: string | null; command: string | null; since: string } | null;
  stopped: Omit<Extract<TableState, { kind: 'stopped' }>, 'kind'> | null;
  hold: { owner: string; reason: string; since: string; exports: boolean } | null;
  /** The day whose archive has begun. */
  archiving: { day: Day; state: string } | null;
  /** The day whose purge has begun. */
  purging: { day: Day } | null;
  /** Closed days without an archive. */
  missing: { count: number; from: Day } | null;
  /** The oldest archived day that is past the retention, where the policy purges. */
  due: Day | null;
  /** Whether a daily run has opened the table, so that nothing is unknown of it. */
  lookedAt: boolean;
  /** Why its purge waits, by its own account. */
  wait: { by: string; reason: string; since: string } | null;
  /** Null where Temporal didn't answer, or wasn't asked. */
  temporal: TemporalFacts | null;
  /** Why no daily run starts, in words; null where one does. */
  schedule: string | null;
}

/** What an activity fails by when its worker is ended, as a deploy does it, or is gone: no failure of the work. */
const workerEnds: Readonly<Record<string, string>> = {
  'Worker is shutting down': 'the last one was shut down',
  'Worker is shutting down and this activity did not complete in time': 'the last one was shut down',
  'activity Heartbeat timeout': 'the last one gave no sign of life, it was killed or hangs',
};

/** Whether an activity failed only because its worker was ended: no failure of the work. */
export function isWorkerEnd(failure: string): boolean {
  return failure in workerEnds;
}

/** The one answer to what a table does: every screen, metric and message is drawn from it. */
export function stateOf(facts: StateFacts): TableState {
  const { refused, stopped, hold } = facts;
  if (refused) return { kind: 'refused', ...refused };
  if (stopped) return { kind: 'stopped', ...stopped };
  return (
    withoutWorker(facts) ??
    failing(facts) ??
    (hold ? held(hold, facts) : undefined) ??
    working(facts) ?? { kind: facts.lookedAt ? 'inOrder' : 'neverLookedAt' }
  );
}

function failing({ temporal, archiving, purging, hold, due }: StateFacts): TableState | undefined {
  if (!temporal) return undefined;
  const { archive, purge } = temporal;
  // A held export fails at each attempt until the resume: that is the hold's doing.
  if (isFailure(archive) && !hold?.exports) return failed('archive', archive.day ?? archiving?.day ?? null, archive);
  return isFailure(purge) ? failed('purge', purging?.day ?? due, purge) : undefined;
}

function isFailure(work: OpenWork | null): work is OpenWork & { failure: string } {
  return work !== null && work.failure !== null && !isWorkerEnd(work.failure);
}

function failed(work: 'archive' | 'purge', day: Day | null, open: OpenWork & { failure: string }): TableState {
  return { kind: 'failing', work, day, times: open.attempt - 1, failure: open.failure };
}

/** Work that nobody does. */
function withoutWorker(facts: StateFacts): TableState | undefined {
  const { temporal, archiving, purging, missing, due } = facts;
  if (!temporal) return undefined;
  const day = archiving?.day ?? purging?.day ?? temporal.archive?.day ?? null;
  const ended = [temporal.archive, temporal.purge].find((work) => work?.failure && isWorkerEnd(work.failure));
  const waiting = (reason: string, since: string | null): TableState => {
    return { kind: 'waiting', for: 'worker', day, reason, since };
  };
  if (ended?.failure) return waiting(`waits for a worker: ${workerEnds[ended.failure]}`, ended.failedAt);
  if (temporal.workerUp || !(day || missing || due || temporal.archive || temporal.purge)) return undefined;
  return waiting('waits for a worker: none is up', null);
}

function held({ owner, reason, since }: NonNullable<StateFacts['hold']>, { purging }: StateFacts): TableState {
  return { kind: 'waiting', for: 'hold', day: purging?.day ?? null, reason: `${owner}: ${reason}`, since };
}

/** What is under way or to be done, the purge first. */
function working(facts: StateFacts): TableState | undefined {
  const { archiving, purging, missing, due, temporal } = facts;
  if (purging || (due && temporal?.purge)) return purgeState(facts, purging?.day ?? due);
  if (archiving) return archiveState(facts, archiving);
  // Before its first write to the ledger, Temporal alone knows of it.
  if (temporal?.archive) return { kind: 'exporting', day: temporal.archive.day };
  if (missing) {
    const days = missing.count === 1 ? '1 day waits' : `${missing.count} days wait`;
    return untilRun(facts, 'archive', missing.from, `${days} for the archive`);
  }
  return due ? untilRun(facts, 'run', due, 'waits for the next daily run') : undefined;
}

function purgeState(facts: StateFacts, day: Day | null): TableState {
  const { wait, temporal } = facts;
  if (temporal && !temporal.purge)
    return untilRun(facts, 'run', day, 'no purge is running; the next daily run starts it');
  if (temporal?.purge?.activity === 'healPartition') return { kind: 'healing', day };
  if (wait && wait.by !== 'pace')
    return { kind: 'waiting', for: waitsFor(wait.by), day, reason: wait.reason, since: wait.since };
  return { kind: 'purging', day };
}

/** What a purge waits for, by the name that its account has for it. */
function waitsFor(by: string): WaitsFor {
  const known = ['hold', 'window', 'fuse', 'clock', 'contention'] as const;
  return known.find((each) => each === by) ?? 'health';
}

function archiveState(facts: StateFacts, { day, state }: { day: Day; state: string }): TableState {
  const { temporal } = facts;
  if (temporal && !temporal.archive)
    return untilRun(facts, 'run', day, `its archive was left as ${state}; the next daily run goes on`);
  return { kind: state === 'exporting' ? 'exporting' : 'verifying', day };
}

function untilRun({ schedule }: StateFacts, waits: WaitsFor, day: Day | null, reason: string): TableState {
  return { kind: 'waiting', for: waits, day, reason: schedule ? `${reason}: ${schedule}` : reason, since: null };
}
