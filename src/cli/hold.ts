import { userInfo } from 'node:os';
import { withLedger } from '../activities/source.ts';
import { formatTableName } from '../archive/tableName.ts';
import type { Config } from '../config/load.ts';
import { findPolicy } from '../config/policy.ts';
import { type CommonOptions, exitCodes, print } from './context.ts';

function scopeOf(config: Config, table: string): string {
  if (table === '--all' || table === '*') return '*';
  return formatTableName(findPolicy(config, table));
}

/** Writes a hold into the ledger: when this returns nothing is being deleted, with or without a worker. */
export async function pause(
  config: Config,
  options: CommonOptions & { reason?: string },
  table: string,
): Promise<number> {
  const hold = { scope: scopeOf(config, table), owner: userInfo().username, reason: options.reason ?? '', until: null };
  await withLedger(config, async (ledger) => {
    await ledger.migrate();
    await ledger.putHold(hold);
  });
  print(options, { hold }, [`${table} paused, nothing in flight. Go on with: sediment resume ${table}`]);
  return exitCodes.ok;
}

export async function resume(config: Config, options: CommonOptions, table: string): Promise<number> {
  const dropped = await withLedger(config, (ledger) => ledger.dropHold(scopeOf(config, table)));
  print(options, { table, resumed: dropped }, [dropped ? `${table} goes on` : `${table} was not paused`]);
  return exitCodes.ok;
}
