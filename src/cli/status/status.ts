import { lastDueDay } from '../../config/cutoff.ts';
import type { Config } from '../../config/load.ts';
import { findPolicy } from '../../config/policy.ts';
import { withLedger } from '../../ledger/withLedger.ts';
import { formatTableName } from '../../model/tableName.ts';
import { WrongUse } from '../explain/explain.ts';
import { type CommonOptions, print } from '../output.ts';
import { screen } from '../screen.ts';
import { tableEta } from '../text/stateText.ts';
import { statusLines } from '../text/statusText.ts';
import { tableLines } from '../text/tableText.ts';
import { type Line, paint } from '../text/terminal.ts';
import { watch } from '../text/watch.ts';
import { statusExitCode } from './exitCode.ts';
import { readSnapshot, readWithRates, type Snapshot } from './snapshot.ts';
import { tableState } from './tableState.ts';

interface StatusOptions extends CommonOptions {
  watch?: boolean;
}

export function checkStatus({ watch, json }: StatusOptions): void {
  if (watch && json) throw new WrongUse('--watch draws again and again, --json is one document: leave one out');
}

/** Each table's status from the ledger. It needs no worker and no Temporal, and reports where they are missing. */
export async function status(config: Config, options: StatusOptions, table?: string): Promise<number> {
  const named = table === undefined ? undefined : findPolicy(config, table);
  const chosen = named ? { ...config, tables: [named] } : config;
  return withLedger(config.source, async ({ session }) => {
    const view = (found: Snapshot, width: number) =>
      named ? detail(chosen, found, width) : statusLines(found.facts, width);
    if (options.watch) {
      let snapshots: Snapshot[] = [];
      return await watch(async (width) => {
        const found = await readSnapshot(session, chosen, named, snapshots[0]);
        // A minute's, at one per second: the oldest is what a rate is taken against.
        snapshots = [...snapshots, found].slice(-60);
        return [
          { text: `${config.source.name}, ${found.facts.now.slice(0, 19).replace('T', ' ')} UTC` },
          ...view(found, width),
        ];
      });
    }
    const found = await readWithRates(session, chosen, named);
    const { tty, width, colour } = screen();
    print(options, documentOf(found, named !== undefined), paint(view(found, width), tty && colour));
    return statusExitCode(found.facts);
  });
}

function detail(config: Config, { ledger, facts }: Snapshot, width: number): Line[] {
  const [policy] = config.tables;
  if (!policy) return [];
  const name = formatTableName(policy);
  return tableLines(
    {
      status: facts,
      days: ledger.days.get(name) ?? [],
      firstDay: ledger.firstDays.get(name),
      lastDue: lastDueDay(ledger.now, config.schedule.at, policy.zone),
    },
    width,
  );
}

function documentOf({ ledger, facts }: Snapshot, withDays: boolean): Record<string, unknown> {
  return {
    now: facts.now,
    source: facts.source,
    missingLedger: facts.missingLedger ?? null,
    strangeServer: facts.strangeServer,
    unlisted: facts.unlisted ?? [],
    unseen: [...(facts.unseen ?? [])],
    temporal: {
      unreachable: facts.temporal.unreachable,
      workerHeardSecondsAgo: facts.temporal.workerHeardSecondsAgo,
      schedule: facts.temporal.schedule,
      failingRuns: facts.temporal.failingRuns ?? [],
    },
    tables: facts.tables.map((each) => ({
      ...each,
      state: tableState(each, facts),
      purgeRun: facts.temporal.purges.get(each.table) ?? null,
      archiveRun: facts.temporal.archives.get(each.table) ?? null,
      pace: facts.rates.get(each.table) ?? null,
      outlook: tableEta(facts, each),
      missingRows: facts.missingRows.get(each.table) ?? null,
      time: facts.spent.get(each.table)?.shares ?? null,
      waits: facts.spent.get(each.table)?.wait ?? null,
      impact: facts.spent.get(each.table)?.impact ?? null,
      days: withDays ? (ledger.days.get(each.table) ?? []) : undefined,
    })),
  };
}
