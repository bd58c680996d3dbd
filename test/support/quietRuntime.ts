import { IllegalStateError } from '@temporalio/common';
import { DefaultLogger, type LogEntry, Runtime } from '@temporalio/worker';

/** What the workers of this process have logged at info or above. */
export const workerLog: string[] = [];

/** Has Temporal's workers print errors alone. A process has one runtime at a time, which ends with its last connection. */
export function quietRuntime(): void {
  try {
    Runtime.install({ logger: new DefaultLogger('INFO', keepLog) });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}

function keepLog({ level, message }: LogEntry): void {
  workerLog.push(message);
  if (level === 'ERROR') process.stderr.write(`${message}\n`);
}
