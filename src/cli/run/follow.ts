import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Config } from '../../config/load.ts';
import { failureText } from '../../workflows/failureText.ts';
import type { Outcome } from '../../workflows/run/outcome.ts';
import type { CommonOptions } from '../output.ts';
import { noteWithoutWorker } from '../status/temporalStatus.ts';
import { counted, exact } from '../text/format.ts';

/** A run that a command follows. */
export interface Followed<Result, Progress> {
  config: Config;
  client: Client;
  handle: { result(): Promise<Result>; query: WorkflowHandle['query'] };
  options: CommonOptions;
  /** For messages: `the daily run`. */
  name: string;
  /** The command that follows it again, or shows it. */
  again: string;
  /** What its query `progress` answers, as a line. */
  progressLine(progress: Progress): string;
}

/**
 * Waits for the run's end, and shows its progress on a terminal's standard error, redrawn in place. Ctrl-C ends the
 * following alone, and says so.
 * @returns undefined where the person stopped following
 */
export async function follow<Result, Progress>(followed: Followed<Result, Progress>): Promise<Result | undefined> {
  const { config, client, handle, name } = followed;
  const toEnd = async () => {
    await noteWithoutWorker(client, config);
    return handle.result();
  };
  const left = new AbortController();
  const leave = () => left.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
  // From here on Ctrl-C is heard: before the person is told that this waits.
  const result = toEnd().catch((error) => {
    if (left.signal.aborted) return undefined;
    const found = resultOfFailed<Result>(error);
    if (found) return found;
    throw new Error(`${name}: ${failureText(error)}`, { cause: error });
  });
  const interrupted = new Promise<undefined>((resolve) =>
    left.signal.addEventListener('abort', () => resolve(undefined)),
  );
  const ended = new AbortController();
  const showing = show(followed, ended.signal);
  try {
    return await Promise.race([result, interrupted]);
  } finally {
    ended.abort();
    await showing;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, leave);
    if (left.signal.aborted) process.stderr.write(`${goesOn(followed)}\n`);
  }
}

/** The failures of workflows that bring their result: what was done, and why the rest wasn't. */
const carryingResult = ['EveryTableFailed', 'RestoreIncomplete', 'DrillFailed'];

function resultOfFailed<Result>(error: unknown): Result | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure) || !carryingResult.includes(cause.type ?? '')) return undefined;
  return cause.details?.[0] as Result | undefined;
}

function goesOn({ name, again }: { name: string; again: string }): string {
  return `Nobody follows ${name} any more, and it goes on. Look at it with sediment status --watch; follow it again with ${again}`;
}

async function show<Progress>(
  { client, handle, options, progressLine }: Followed<unknown, Progress>,
  ended: AbortSignal,
): Promise<void> {
  const out = process.stderr;
  if (!out.isTTY || options.json) return;
  while (!ended.aborted) {
    // Without a worker a query isn't answered; the result is waited for all the same.
    const found = await Promise.race([
      client.withDeadline(Date.now() + 5_000, () => handle.query<Progress>('progress')).catch(() => undefined),
      aborted(ended),
    ]);
    if (found && !ended.aborted) out.write(`\r\x1b[K${progressLine(found)}`);
    await Promise.race([aborted(ended), new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
  }
  out.write('\r\x1b[K');
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** Of a daily run or a backfill. */
export function runLine(outcome: Outcome): string {
  const { archivedDays, alreadyArchived, rows, tablesFailed } = outcome;
  const open = Object.values(outcome.tables).reduce((sum, found) => sum + found.days - found.archived, 0);
  const failed = tablesFailed > 0 ? `, ${counted(tablesFailed, 'table')} failed` : '';
  return `${counted(archivedDays, 'day')} archived, ${exact(open)} to go, ${exact(alreadyArchived)} archived already, ${exact(rows)} rows${failed}`;
}
