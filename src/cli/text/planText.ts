import type { ChosenEngine } from '../../aurora/chooseEngine.ts';
import type { TablePolicy } from '../../config/policy.ts';
import type { Day } from '../../model/day.ts';
import type { TableState } from '../../model/tableState.ts';
import type { RangeEstimate } from '../../mysql/estimate/rangeEstimate.ts';
import { boundsOf, etaOf, type Rate } from '../../pacing/eta.ts';
import type { OtherPolicy } from '../status/otherPolicy.ts';
import { findingOf } from '../status/stop.ts';
import type { TableReport } from '../status/tableStatus.ts';
import { announcedText } from './expiryText.ts';
import { counted, exact, moment, rate, short, size, span } from './format.ts';
import { stateText } from './stateText.ts';
import { type Line, wrap } from './terminal.ts';

/** Days, and how much is in them: by the ledger's count, or by that of the index. */
export interface SomeDays {
  count: number;
  from: Day;
  to: Day;
  rows: number;
  bytes: number;
}

export interface PlannedTable {
  report: TableReport;
  policy: TablePolicy;
  /** Why the checks refuse it now. */
  refused: string | null;
  /** What it does now, as `status` says it. */
  state: TableState;
  /** The command by which it goes on from there, as `explain` says it. */
  command: string | null;
  /** What the checks found that doesn't refuse it. */
  warnings: readonly string[];
  /** Closed days without an archive. */
  archive: SomeDays | null;
  /** Who writes its rows into S3, and why; left out where only the worker can. */
  engine?: ChosenEngine;
  /** The replica that its exports read; left out: the source itself. */
  readsReplica?: string;
  /** Days past the retention that aren't purged, including those that have to be archived first. */
  purge: SomeDays | null;
  deletes: {
    index: string;
    columns: readonly string[];
    timeType: string;
    statement: string;
    explain: RangeEstimate;
    /** Null before a first purge of a table without a limit. Named pace in `--json`. */
    pace: Rate | null;
    paceFrom: 'seen' | 'maxRowsPerSecond';
  } | null;
}

/** What the next runs would do with each table; the last line says that nothing was changed. `now` is MySQL's clock, ISO 8601. */
export function planLines(tables: readonly PlannedTable[], width: number, now: string): Line[] {
  const nameWidth = Math.max(...tables.map(({ report }) => report.table.length));
  const purged = tables.filter(({ purge, refused, policy }) => !refused && purge && policy.purge === 'enabled').length;
  return [
    ...tables.flatMap((each) => tableLines(each, nameWidth, width, now)),
    { text: '' },
    {
      text: `Nothing was changed. ${purged} of ${counted(tables.length, 'table')} would be purged.`,
    },
  ];
}

function tableLines(planned: PlannedTable, nameWidth: number, width: number, now: string): Line[] {
  const { report, policy, refused, deletes } = planned;
  const name = report.table.padEnd(nameWidth);
  const since = report.refused ? ` (since ${moment(report.refused.since, now)})` : '';
  if (refused)
    return [
      ...wrap(`${name}  refused${since}: ${refused}`, width, ' '.repeat(nameWidth + 2)),
      ...(planned.state.kind === 'stopped' ? factLines(nowFacts(planned, now), width) : []),
    ].map((text): Line => ({ text, tone: 'bad' }));
  const column = deletes
    ? `${policy.timeColumn} (${deletes.timeType.toUpperCase()}, ${policy.zone})`
    : policy.timeColumn;
  const head: Line = {
    text: `${name}  policy: keep ${policy.retention} of ${column}, purge ${policy.purge}`,
    tone: 'head',
  };
  return [head, ...factLines(factsOf(planned, now), width).map((text): Line => ({ text }))];
}

/** The name of the line that holds a command. */
const goOn = 'go on';

function factLines(facts: readonly (readonly [string, string])[], width: number): string[] {
  return facts.flatMap(([name, text]) => {
    const line = `  ${name.padEnd(9)} ${text}`;
    // A command is never broken over two lines, so that it can be copied.
    return name === goOn ? [line] : wrap(line, width, ' '.repeat(12));
  });
}

/** The table's state, and the command that it goes on by. */
function nowFacts({ report, state, command }: PlannedTable, now: string): [string, string][] {
  const finding = findingOf({ reason: stateText(state, now, report), command });
  const facts: [string, string][] = [['now', finding]];
  // The plan itself is what some states are looked at by.
  if (command && !command.startsWith('sediment plan')) facts.push([goOn, command]);
  return facts;
}

function factsOf(planned: PlannedTable, now: string): [string, string][] {
  const { report, policy, archive, purge, deletes } = planned;
  const facts: [string, string][] = [
    [
      'archive',
      archive
        ? `${daysText(archive, 'missing')}, about ${short(archive.rows)} rows, ${size(archive.bytes)}`
        : 'nothing missing',
    ],
    ['purge', purge ? purgeText(planned, purge, now) : 'nothing over'],
  ];
  const announced = report.expiry && announcedText(report.expiry);
  if (announced) facts.push(['expires', announced]);
  if (planned.engine) facts.push(['engine', `${planned.engine.engine}: ${planned.engine.why}`]);
  if (planned.readsReplica)
    facts.push(['reads', `replica ${planned.readsReplica}, once it has all that the source has committed`]);
  if (deletes) {
    const { explain } = deletes;
    const good = explain.access === 'range' || explain.access === null;
    facts.push([
      'deletes',
      `by ${deletes.index} (${deletes.columns.join(', ')}), chunks of ${exact(policy.chunkRows)} rows, about ` +
        '250 ms a transaction; EXPLAIN ' +
        `${explain.access ?? 'no row'}${good ? ', ok' : ': not a range, so each transaction would read too much'}`,
    ]);
    if (purge) facts.push(['statement', deletes.statement]);
  }
  for (const warning of planned.warnings) facts.push(['note', warning]);
  if (report.refused)
    facts.push([
      'note',
      `refused by the daily run since ${moment(report.refused.since, now)}: ${report.refused.reason}; it opens now, so the next run goes on`,
    ]);
  if (report.workerPolicy) facts.push(['note', workerPolicyText(report.workerPolicy, now)]);
  if (planned.state.kind !== 'refused') facts.push(...nowFacts(planned, now));
  return facts;
}

/** A plan is made by the command's config; what runs meanwhile is the worker's. */
function workerPolicyText({ startedAt, differs }: OtherPolicy, now: string): string {
  const keys = differs.map(({ key, worker, config }) => `${key}: ${worker} there, ${config} here`);
  return (
    `the worker that started last, at ${moment(startedAt, now)}, has another policy than this config ` +
    `(${keys.join('; ')}): it counts until a worker starts with this config`
  );
}

function daysText({ count, from, to }: SomeDays, what: string): string {
  return `${counted(count, 'day')} ${what}, ${from}${count > 1 ? ` … ${to}` : ''}`;
}

function purgeText({ report, policy, deletes }: PlannedTable, purge: SomeDays, now: string): string {
  const days = `${daysText(purge, 'over')}, about ${short(purge.rows)} rows, ${size(purge.bytes)}`;
  if (policy.purge === 'disabled') return `${days}; left alone: the policy says purge: disabled`;
  if (report.hold) return `${days}; paused, so nothing is deleted before the resume`;
  const observed = deletes?.pace ?? null;
  if (observed === null) return `${days}; how long is unknown before a first purge`;
  const eta = etaOf({ ...report, rowsDue: purge.rows }, observed, boundsOf(policy), now);
  const speed = `at ${rate(observed.rowsPerSecond)} ${deletes?.paceFrom === 'seen' ? 'as seen last' : 'by maxRowsPerSecond'}`;
  if (eta.kind === 'never')
    return `${days}; never: ${speed} the backlog grows by ${short(eta.growthRowsPerDay)} rows a day`;
  return `${days}; ${eta.kind === 'paid' ? `about ${span(eta.seconds)} ` : ''}${speed}`;
}
