import { describeServer } from '../../archive/claim.ts';
import type { Config } from '../../config/load.ts';
import { Source } from '../../job/source.ts';
import { acceptWindow } from '../../ledger/days/windows.ts';
import type { Ledger, PartitionKey } from '../../ledger/ledger.ts';
import { serverIdentity } from '../../ledger/serverIdentity.ts';
import type { Day } from '../../model/day.ts';
import { formatTableName } from '../../model/tableName.ts';
import { adoptManifests } from '../../partition/open/adoptManifests.ts';
import { claimServer, requireServer } from '../../partition/open/serverClaim.ts';
import { explain, WrongUse } from '../explain/explain.ts';
import { exitCodes, print } from '../output.ts';
import { checkScope, type ScopeOptions, scopeOf } from '../scope.ts';
import { dayOption } from '../text/dayOption.ts';
import { counted } from '../text/format.ts';
import { ownerName, reasonOf } from '../text/owner.ts';

export interface AcceptOptions extends ScopeOptions {
  server?: boolean;
  rewind?: boolean;
  window?: boolean;
  day?: string;
  reason?: string;
}

export function checkAccept(options: AcceptOptions, table?: string): void {
  checkScope(options, table);
  const { server, rewind, window, day } = options;
  if (window && table === undefined) throw new WrongUse('--window is about one table: name it');
  if ([server, rewind, window].filter(Boolean).length !== 1)
    throw new WrongUse(
      'say what is accepted: --server after a promotion or a restore, --rewind after a restore, or --window for a day that doesn’t adjoin its neighbours',
    );
  if (Boolean(window) !== (day !== undefined)) throw new WrongUse('--window and --day go together');
  if (server && table !== undefined) throw new WrongUse('--server counts for the whole source: say --all');
  if (day !== undefined) dayOption('--day', day);
  reasonOf(options);
}

/** Accepts, because a person says so, what a safety rule has stopped at: another server, or a ledger that is older than the archive. */
export async function accept(config: Config, options: AcceptOptions, table?: string): Promise<number> {
  const { scope, tables, only } = scopeOf(config, options, table);
  const reason = reasonOf(options);
  const source = new Source(config);
  try {
    return await source.withLedger(async (ledger) => {
      // A restored ledger may have the tables of an earlier Sediment.
      await ledger.migrate();
      if (only && options.day !== undefined)
        return acceptBridge(ledger, options, { ...only, day: dayOption('--day', options.day) }, reason);
      return options.server
        ? await acceptServer(source, ledger, options, reason)
        : await acceptRewind(source, ledger, options, { scope, tables, reason });
    });
  } finally {
    source.close();
  }
}

async function acceptServer(source: Source, ledger: Ledger, options: AcceptOptions, reason: string): Promise<number> {
  const found = await serverIdentity(ledger.session);
  const known = await ledger.servers();
  const strange = known.length > 0 && !known.includes(found);
  if (strange) await ledger.acceptServer(found, ownerName(), reason);
  const former = await claimServer(source, ledger);
  if (former) await ledger.recordAccepted('server', '*', ownerName(), reason);
  const isNew = strange || former !== undefined;
  const others = former ? [describeServer(former)] : known;
  const before =
    known.length === 0
      ? 'nothing was archived from any server yet; the first run writes its server down'
      : 'it was accepted before';
  print(options, { server: found, accepted: isNew, before: known }, [
    isNew
      ? `Server ${found} is accepted, beside ${others.join(', ')}. Purges that had stopped go on with the next daily run.`
      : `Server ${found}: ${before}. Nothing was changed.`,
  ]);
  return exitCodes.ok;
}

/** The day is exported with the next run, or at once by `sediment run --day`. */
async function acceptBridge(
  ledger: Ledger,
  options: AcceptOptions,
  key: PartitionKey,
  reason: string,
): Promise<number> {
  await acceptWindow(ledger, key, ownerName(), reason);
  const table = formatTableName(key);
  print(options, { table, day: key.day, accepted: true }, [
    `${table} ${key.day}: it begins where the day before ended, and ends where the day after begins. The next run archives it.`,
  ]);
  return exitCodes.ok;
}

interface Rewind {
  scope: string;
  tables: readonly string[];
  reason: string;
}

/** A table that fails doesn't keep the others from being brought forward. */
async function acceptRewind(
  source: Source,
  ledger: Ledger,
  options: AcceptOptions,
  { scope, tables, reason }: Rewind,
): Promise<number> {
  await requireServer(source, ledger);
  await ledger.recordAccepted('rewind', scope, ownerName(), reason);
  const found: { table: string; days: Day[]; failed?: string }[] = [];
  for (const policy of source.config.tables.filter((each) => tables.includes(formatTableName(each)))) {
    const table = formatTableName(policy);
    try {
      found.push({ table, days: await adoptManifests(source, ledger, policy) });
    } catch (error) {
      found.push({ table, days: [], failed: explain(error).message });
    }
  }
  print(
    options,
    { scope, tables: found },
    found.map(({ table, days, failed }) => {
      if (failed) return `${table} failed: ${failed}`;
      if (days.length === 0) return `${table}: no manifest in S3 is newer than the ledger; nothing was changed.`;
      return (
        `${table}: the ledger was brought forward to S3 for ${counted(days.length, 'day')}, ${spanOf(days)}. ` +
        'Rows that are back are proved and deleted again by the next purge.'
      );
    }),
  );
  return found.some((each) => each.failed) ? exitCodes.failed : exitCodes.ok;
}

function spanOf(days: readonly Day[]): string {
  const sorted = [...days].sort();
  const first = sorted[0];
  const last = sorted.at(-1);
  return first === last ? String(first) : `${first} … ${last}`;
}
