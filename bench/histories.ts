import type { Client } from '@temporalio/client';

/** What Temporal keeps of all runs of one workflow type. */
export interface Histories {
  runs: number;
  continuedAsNew: number;
  events: number;
  /** Of the longest run. */
  mostEvents: number;
  /** Of the largest history. */
  mostBytes: number;
  /** Bytes of the largest single payload. */
  largestPayload: number;
}

interface Run {
  workflowId: string;
  runId: string;
  type: string;
  events: number;
  bytes: number;
  continued: boolean;
}

/** Every closed run of the namespace, by workflow type: parents and children. Waits for those that are still open. */
export async function measureHistories(client: Client): Promise<Record<string, Histories>> {
  while ((await client.workflow.count("ExecutionStatus = 'Running'")).count > 0)
    await new Promise((resolve) => setTimeout(resolve, 200));
  const runs: Run[] = [];
  for await (const { workflowId, runId, type, historyLength, historySize, status } of client.workflow.list())
    runs.push({
      workflowId,
      runId,
      type,
      events: historyLength,
      bytes: historySize ?? 0,
      continued: status.name === 'CONTINUED_AS_NEW',
    });
  const found: Record<string, Histories> = {};
  for (const type of new Set(runs.map((run) => run.type)))
    found[type] = await summary(
      client,
      runs.filter((run) => run.type === type),
    );
  return found;
}

async function summary(client: Client, runs: readonly Run[]): Promise<Histories> {
  return {
    runs: runs.length,
    continuedAsNew: runs.filter((run) => run.continued).length,
    events: runs.reduce((total, run) => total + run.events, 0),
    mostEvents: Math.max(...runs.map((run) => run.events)),
    mostBytes: Math.max(...runs.map((run) => run.bytes)),
    largestPayload: await largestPayload(client, runs),
  };
}

/** Reads the largest histories first: one that is smaller as a whole than a payload that was found holds no larger one. */
async function largestPayload(client: Client, runs: readonly Run[]): Promise<number> {
  let most = 0;
  for (const { workflowId, runId, bytes } of [...runs].sort((one, other) => other.bytes - one.bytes)) {
    if (bytes <= most) break;
    const { events = [] } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    most = Math.max(most, longestBytes(events));
  }
  return most;
}

/** The longest bytes anywhere in the events: payloads are the only long ones. */
function longestBytes(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Math.max(0, ...Object.values(value).map(longestBytes));
}
