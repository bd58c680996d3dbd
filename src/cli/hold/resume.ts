import type { Config } from '../../config/load.ts';
import { readLedgerReport } from '../../ledger/report.ts';
import { withLedger } from '../../ledger/withLedger.ts';
import { exitCodes, print } from '../output.ts';
import { type ScopeOptions, scopeOf } from '../scope.ts';
import { readLedger } from '../status/readLedger.ts';
import { reportTables } from '../status/tableStatus.ts';
import { ownerName } from '../text/owner.ts';
import { resumeLines } from '../text/pauseText.ts';
import { announceHold } from './purgeUpdates.ts';

/** Drops the hold from the ledger, then has the purges that are open read it again; they go on where they stopped. */
export async function resume(config: Config, options: ScopeOptions, table?: string): Promise<number> {
  const { scope, tables, only } = scopeOf(config, options, table);
  const { now, dropped, reports } = await withLedger(config.source, async (ledger) => {
    const before = await readLedgerReport(ledger.session, ledger.name, { none: true });
    const dropped = before.holds.find((each) => each.scope === scope) ?? null;
    if (dropped) await ledger.dropHold(scope, ownerName());
    const after = await readLedger(ledger.session, config, only);
    return { now: after.now, dropped, reports: reportTables(config, tables, after) };
  });
  const answers = await announceHold(config, tables);
  const resumed = reports.map((report) => ({
    report,
    purge: answers.get(report.table) ?? ({ kind: 'notRunning' } as const),
  }));
  const documents = resumed.map(({ report, purge }) => ({ table: report.table, heldBy: report.hold, purge }));
  print(
    options,
    { scope, resumed: dropped !== null, tables: documents },
    resumeLines({ scope, now, dropped, tables: resumed }),
  );
  if (reports.some((each) => each.hold)) return exitCodes.refused;
  // A purge that took the pause over keeps it until it has the message of its end.
  const unreached = [...answers.values()].some((each) => each.kind === 'untold' && !each.queued);
  return unreached && dropped ? exitCodes.failed : exitCodes.ok;
}
