import type { Client } from '@temporalio/client';
import type { Config } from '../config/load.ts';
import { purgeId } from '../workflows/ids.ts';
import { withClient } from './connect.ts';
import { explain } from './explain.ts';

/** What became of an update: the purge took it, no purge is open, or it could not be told and why. */
export type Told = { kind: 'told' } | { kind: 'notRunning' } | { kind: 'untold'; why: string };

/** A live worker answers in a second or two; without one there is no answer at all. */
const answerMillis = 5_000;

/** Sends one update to the purge of each table that has one open, all at once. Never throws: the ledger has the hold already. */
export async function updatePurges(
  config: Config,
  tables: readonly string[],
  update: 'pause' | 'resume' | 'setPace',
  request?: object | null,
): Promise<Map<string, Told>> {
  try {
    return await withClient(async (client) => {
      const told = tables.map(
        async (table) => [table, await updateOne(client, config, table, update, request)] as const,
      );
      return new Map(await Promise.all(told));
    });
  } catch (error) {
    const why = explain(error).message;
    return new Map(tables.map((table) => [table, { kind: 'untold', why }]));
  }
}

async function updateOne(
  client: Client,
  config: Config,
  table: string,
  update: string,
  request?: object | null,
): Promise<Told> {
  const handle = client.workflow.getHandle(purgeId(config.source.name, table));
  try {
    return await client.connection.withDeadline(Date.now() + answerMillis, async () => {
      if ((await handle.describe()).status.name !== 'RUNNING') return { kind: 'notRunning' } as const;
      await (request !== undefined ? handle.executeUpdate(update, { args: [request] }) : handle.executeUpdate(update));
      return { kind: 'told' } as const;
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return { kind: 'notRunning' };
    return { kind: 'untold', why: whyUntold(error) };
  }
}

function whyUntold(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? Number(error.code) : undefined;
  // 4: the deadline. The server is there, so it is the worker that isn't.
  if (code === 4 || (error instanceof Error && error.name === 'WorkflowUpdateRPCTimeoutOrCancelledError'))
    return `no worker answered within ${answerMillis / 1000} s`;
  if (error instanceof Error && error.cause instanceof Error) return error.cause.message;
  return explain(error).message;
}
