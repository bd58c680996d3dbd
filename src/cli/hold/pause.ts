import type { Config } from '../../config/load.ts';
import type { Hold, Ledger } from '../../ledger/ledger.ts';
import { type LedgerReport, readLedgerReport } from '../../ledger/report.ts';
import { withLedger } from '../../ledger/withLedger.ts';
import { isLockWait, isMissingLedger } from '../../mysql/errors.ts';
import { explain } from '../explain/explain.ts';
import { exitCodes, print, printLines } from '../output.ts';
import { checkScope, type ScopeOptions, scopeOf } from '../scope.ts';
import { readLedger } from '../status/readLedger.ts';
import { reportTables } from '../status/tableStatus.ts';
import { momentAfter, parseWait } from '../text/duration.ts';
import { ownerName, reasonOf } from '../text/owner.ts';
import { heldLine, notHeldLine, pauseLines, purgeLines, sharedLines } from '../text/pauseText.ts';
import { announceHold } from './purgeUpdates.ts';

export interface PauseOptions extends ScopeOptions {
  reason?: string;
  for?: string;
  exports?: boolean;
}

export function checkPause(options: PauseOptions, table?: string): void {
  checkScope(options, table);
  reasonOf(options);
  if (options.for !== undefined) parseWait(options.for);
}

/** Writes a hold into the ledger and says so at once; then waits for what is in flight, in the ledger and in the purge workflows. */
export async function pause(config: Config, options: PauseOptions, table?: string): Promise<number> {
  const { scope, tables, only } = scopeOf(config, options, table);
  const owner = ownerName();
  const reason = reasonOf(options);
  const wait = options.for === undefined ? undefined : parseWait(options.for);
  const { replaced, hold, reports, announced } = await withLedger(config.source, async (ledger) => {
    const before = await readLedgerReport(ledger.session, ledger.name, { none: true });
    const replaced = before.holds.find((each) => each.scope === scope) ?? null;
    const until = wait ? momentAfter(before.now, wait) : null;
    const hold = { scope, owner, reason, until, exports: options.exports === true };
    await writeHold(ledger, { ...hold, until: until?.replace('T', ' ').replace('Z', '') ?? null });
    const others = scope === '*' ? othersOf(before, config) : [];
    printLines(options, [heldLine(scope), ...sharedLines(ledger.name, others)]);
    // It never fails, and the purges hear of the hold while the deletes under way end.
    const announced = announceHold(config, tables);
    await endDeletes(ledger, scope);
    const after = await readLedger(ledger.session, config, only);
    const reports = reportTables(config, tables, after);
    printLines(options, pauseLines({ scope, now: after.now, until, exports: hold.exports, replaced, reports }));
    return { replaced, hold, reports, announced: { answers: announced } };
  });
  const answers = await announced.answers;
  const documents = reports.map((each) => ({
    table: each.table,
    at: each.purging,
    purge: answers.get(each.table) ?? { kind: 'notRunning' },
  }));
  print(options, { hold, replaced, tables: documents }, purgeLines(answers));
  return exitCodes.ok;
}

/** Sources that keep the same ledger: a hold of everything is theirs too. */
function othersOf({ sources }: LedgerReport, config: Config): string[] {
  return [...new Set(sources.values())].filter((name) => name !== config.source.name).sort();
}

/** A pause may come before the first worker has made the ledger. */
async function writeHold(ledger: Ledger, hold: Hold): Promise<void> {
  try {
    await ledger.writeHold(hold);
  } catch (error) {
    // Whoever pauses in a hurry must not take an error for a hold that came with a warning.
    if (!isMissingLedger(error))
      throw new Error(`${notHeldLine(hold.scope)} ${explain(error).message}`, { cause: error });
    await ledger.migrate();
    await ledger.writeHold(hold);
  }
}

/** A delete that is under way may outlast MySQL's lock wait several times. */
async function endDeletes(ledger: Ledger, scope: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ledger.endDeletes(scope);
    } catch (error) {
      if (attempt > 3 || !isLockWait(error)) throw error;
    }
  }
}
