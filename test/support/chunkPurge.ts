import { endCursor } from '../../src/archive/cursor.ts';
import { openArchived } from '../../src/checks/openTable.ts';
import { findPolicy } from '../../src/config/policy.ts';
import { parseDay } from '../../src/model/day.ts';
import { formatTableName, type TableName } from '../../src/model/tableName.ts';
import { openDay } from '../../src/partition/open/openDay.ts';
import { callPurge, type PurgeRun, purgeProcedure } from '../../src/procedures/purgeProcedure.ts';
import { ensureProcedure } from '../../src/procedures/storedProcedure.ts';
import type { World } from './world.ts';

/** An archived day, opened for its purge: a run for each of its chunks, where a slice takes a thousand rows at once. */
export async function openChunks(world: World, name: TableName, day: string) {
  const { source, ledger, attempt } = world;
  const policy = findPolicy(world.config, formatTableName(name));
  const { schema } = await openArchived(ledger, policy);
  const key = { ...name, day: parseDay(day) };
  const { chunks, row, epoch } = await openDay({ source, ledger, policy, key, attempt }, schema);
  const procedure = purgeProcedure(ledger.session, ledger.name, schema);
  await ensureProcedure(ledger.session, procedure);
  let cursor = row.cursor;
  const runs = chunks.map(({ from, to, digest }): PurgeRun => {
    const run = {
      day: key.day,
      window: row.window,
      epoch,
      cursor,
      nextCursor: to ?? endCursor,
      from,
      to,
      digest,
      chunks: 1,
      fuseRows: 0,
      manifestVersion: row.manifestVersion ?? '',
      salt: row.salt,
      fingerprint: schema.fingerprint,
    };
    cursor = run.nextCursor;
    return run;
  });
  return { runs, call: (run: PurgeRun) => callPurge(ledger.session, procedure, schema, run) };
}
