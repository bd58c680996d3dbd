import { sentence } from '../../checks/check.ts';
import { checkArchived } from '../../checks/openTable.ts';
import type { Config } from '../../config/load.ts';
import { findPolicy, type TablePolicy } from '../../config/policy.ts';
import { type HistoryRow, readHistory } from '../../ledger/history.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { withLedger } from '../../ledger/withLedger.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { screen } from '../screen.ts';
import { statusExitCode } from '../status/exitCode.ts';
import { readWithRates } from '../status/snapshot.ts';
import { tableState } from '../status/tableState.ts';
import { type Explained, explainedCommand, explainLines, isDoubtful, stateSince } from '../text/explainText.ts';
import { stateText } from '../text/stateText.ts';
import { paint } from '../text/terminal.ts';
import { explain } from './explain.ts';

/** So many of the newest events of the ledger's history are shown. */
const mostEvents = 5;

/** Why a table waits, is refused or stopped, since when, by what evidence, and the one command that goes on. */
export async function explainTable(config: Config, options: CommonOptions, table: string): Promise<number> {
  const policy = findPolicy(config, table);
  const chosen = { ...config, tables: [policy] };
  return withLedger(config.source, async (ledger) => {
    const { facts, ledger: report } = await readWithRates(ledger.session, chosen, policy);
    const [found] = facts.tables;
    if (!found) return statusExitCode(facts);
    const state = tableState(found, facts);
    const explained: Explained = {
      report: found,
      facts,
      state,
      day: (report.days.get(found.table) ?? []).find(({ day }) => 'day' in state && day === state.day) ?? null,
      checks: await checksOf(ledger, policy, config),
      events: await lastEvents(ledger, policy),
    };
    const { tty, width, colour } = screen();
    print(options, documentOf(explained), paint(explainLines(explained, width), tty && colour));
    return Math.max(statusExitCode(facts), isDoubtful(explained) ? exitCodes.failed : exitCodes.ok);
  });
}

/** What the checks find in the table now: it may have been mended since the last run. */
async function checksOf(ledger: Ledger, policy: TablePolicy, config: Config): Promise<string[]> {
  try {
    const { findings } = await checkArchived(ledger, policy, { moment: 'doctor', config });
    return findings.filter(({ severity }) => severity === 'refuse').map(sentence);
  } catch (error) {
    return [explain(error).message];
  }
}

async function lastEvents({ session, name }: Ledger, { database, table }: TablePolicy): Promise<HistoryRow[]> {
  const events: HistoryRow[] = [];
  for await (const page of readHistory(session, name, { table: { database, table }, newest: mostEvents }))
    events.push(...page);
  return events;
}

function documentOf(explained: Explained): Record<string, unknown> {
  const { report, facts, state, day, checks, events } = explained;
  return {
    now: facts.now,
    source: facts.source,
    table: report.table,
    state,
    says: stateText(state, facts.now, report),
    since: stateSince(state, report),
    command: explainedCommand(explained),
    evidence: {
      checks,
      hold: report.hold,
      day,
      wait: facts.spent.get(report.table)?.wait ?? null,
      time: facts.spent.get(report.table)?.shares ?? null,
      archiveRun: facts.temporal.archives.get(report.table) ?? null,
      purgeRun: facts.temporal.purges.get(report.table) ?? null,
      temporal: {
        unreachable: facts.temporal.unreachable,
        workerHeardSecondsAgo: facts.temporal.workerHeardSecondsAgo,
      },
      schedule: facts.temporal.schedule,
      failingRuns: facts.temporal.failingRuns ?? [],
      missing: report.missing,
      debtDays: report.debtDays,
      workerPolicy: report.workerPolicy,
      look: report.look,
      strangeServer: facts.strangeServer ?? null,
      missingLedger: facts.missingLedger ?? null,
      events,
    },
  };
}
