import type { Client, WorkflowHandle } from '@temporalio/client';
import type { Config } from '../../config/load.ts';
import { codeOf } from '../../model/error.ts';
import type { Pace } from '../../pacing/operatorPace.ts';
import { purgeId } from '../../workflows/ids.ts';
import type { PurgeProgress } from '../../workflows/purge/messages.ts';
import { withClient } from '../connect.ts';
import { explain } from '../explain/explain.ts';

/** What a table's purge workflow answered. */
export type PurgeAnswer =
  | { kind: 'told'; answer: PurgeProgress }
  /** No purge of the table is open. */
  | { kind: 'notRunning' }
  /** It didn't answer. `queued`: the message waits in Temporal, and a worker will take it. */
  | { kind: 'untold'; why: string; queued: boolean };

/** A live worker answers in a second or two; without one there is no answer at all. */
const answerMillis = 5_000;

/** What is sent to a purge that is open. */
interface Message {
  /** Kept by Temporal until a worker takes it. */
  signal?: (handle: WorkflowHandle) => Promise<void>;
  /** Answered by a worker at once, or not at all. */
  update: (handle: WorkflowHandle) => Promise<PurgeProgress>;
}

/** Has each table's purge that is open read the ledger's hold again. Never throws, because the ledger's hold acts without it. */
export async function announceHold(config: Config, tables: readonly string[]): Promise<Map<string, PurgeAnswer>> {
  const { holdChangedSignal, holdChangedUpdate } = await import('../../workflows/purge/messages.ts');
  return sendAll(config, tables, {
    signal: (handle) => handle.signal(holdChangedSignal),
    update: (handle) => handle.executeUpdate(holdChangedUpdate),
  });
}

/** Gives the table's purge another pace; null: its policy's own. Never throws. */
export async function changePace(config: Config, table: string, pace: Pace | null): Promise<PurgeAnswer> {
  const { setPaceUpdate } = await import('../../workflows/purge/messages.ts');
  const answers = await sendAll(config, [table], {
    update: (handle) => handle.executeUpdate(setPaceUpdate, { args: [pace] }),
  });
  return answers.get(table) ?? { kind: 'notRunning' };
}

/** Sends a message to the purge of each table, all at once. */
async function sendAll(config: Config, tables: readonly string[], message: Message): Promise<Map<string, PurgeAnswer>> {
  try {
    return await withClient(async (client) => {
      const answers = tables.map(async (table) => {
        const answer = await send(client, purgeId(config.source.name, table), message);
        return [table, answer] as const;
      });
      return new Map(await Promise.all(answers));
    });
  } catch (error) {
    const why = explain(error).message;
    return new Map(tables.map((table) => [table, { kind: 'untold', why, queued: false }]));
  }
}

async function send(client: Client, workflowId: string, { signal, update }: Message): Promise<PurgeAnswer> {
  const handle = client.workflow.getHandle(workflowId);
  let queued = false;
  try {
    return await client.connection.withDeadline(Date.now() + answerMillis, async () => {
      if ((await handle.describe()).status.name !== 'RUNNING') return { kind: 'notRunning' } as const;
      if (signal) {
        await signal(handle);
        queued = true;
      }
      return { kind: 'told', answer: await update(handle) } as const;
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return { kind: 'notRunning' };
    return { kind: 'untold', why: whyUntold(error), queued };
  }
}

function whyUntold(error: unknown): string {
  // 4: the deadline. The server is there, so it is the worker that isn't.
  if (codeOf(error) === '4' || (error instanceof Error && error.name === 'WorkflowUpdateRPCTimeoutOrCancelledError'))
    return `no worker answered within ${answerMillis / 1000} s`;
  if (error instanceof Error && error.cause instanceof Error) return error.cause.message;
  return explain(error).message;
}
