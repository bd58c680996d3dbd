import type { Config } from '../../config/load.ts';
import { findPolicy } from '../../config/policy.ts';
import { formatTableName, tableArgument } from '../../model/tableName.ts';
import { failureText } from '../../workflows/failureText.ts';
import { healId } from '../../workflows/ids.ts';
import { healDay } from '../../workflows/index.ts';
import { withClient } from '../connect.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { noteWithoutWorker } from '../status/temporalStatus.ts';
import { dayOption } from '../text/dayOption.ts';

export function checkHeal({ day }: CommonOptions & { day?: string }): void {
  dayOption('--day', day);
}

/** Archives a stopped day as it is now, then lets its purge go on. Joins a heal of the day that is running. */
export async function heal(config: Config, options: CommonOptions & { day?: string }, named: string): Promise<number> {
  const policy = findPolicy(config, named);
  const table = formatTableName(policy);
  const day = dayOption('--day', options.day);
  const { name: source } = config.source;
  return withClient(async (client) => {
    const handle = await client.workflow.start(healDay, {
      taskQueue: 'sediment',
      workflowId: healId(source, table, day),
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [{ source, table, day }],
      staticSummary: `heal ${table} ${day}`,
    });
    await noteWithoutWorker(client, config);
    const result = await handle.result().catch((error) => {
      throw new Error(`heal: ${failureText(error)}`, { cause: error });
    });
    const next = result.held
      ? `Go on with: sediment resume ${tableArgument(policy)}, or --all; then heal again`
      : result.purges
        ? `The purge of ${table} goes on.`
        : `Nothing of ${table} is deleted: its policy says purge: disabled.`;
    print(options, { table, day, workflow: handle.workflowId, ...result }, [`${result.summary}.`, next]);
    return result.held ? exitCodes.refused : exitCodes.ok;
  });
}
