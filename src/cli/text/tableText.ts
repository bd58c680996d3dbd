import { cursorText } from '../../archive/cursor.ts';
import type { DayReport } from '../../ledger/report.ts';
import type { Day } from '../../model/day.ts';
import type { KeptImpact } from '../../pacing/governed.ts';
import { describeShares, percentOf } from '../../pacing/timeAccount.ts';
import type { StatusFacts } from '../status/facts.ts';
import { longWait } from '../status/tableState.ts';
import type { TableReport } from '../status/tableStatus.ts';
import { calendarLines, calendarRange } from './calendar.ts';
import { drillLines } from './drillText.ts';
import { expiryLines } from './expiryText.ts';
import { counted, exact, moment, percent, rate, secondsBetween, short, size, span } from './format.ts';

import { statusLines } from './statusText.ts';
import { cut, type Line, wrap } from './terminal.ts';

/** Everything that the text of `status <table>` is made from. */
export interface TableFacts {
  status: StatusFacts;
  days: readonly DayReport[];
  firstDay: Day | undefined;
  /** The newest day whose archive is due. */
  lastDue: Day;
}

/** One table: its line, its figures, its days as a calendar, and the latest changes in the ledger. */
export function tableLines(facts: TableFacts, width: number): Line[] {
  const { status, days } = facts;
  const [report] = status.tables;
  if (!report) return [];
  const { from, to } = calendarRange(facts.firstDay, days, facts.lastDue);
  return [
    ...statusLines(status, width),
    { text: '' },
    ...[...figureLines(report, days, status.now), ...timeLines(report, status)]
      .flatMap((text) => wrap(text, width, ' '.repeat(11)))
      .map((text) => ({ text })),
    { text: '' },
    ...calendarLines(days, from, to)
      .flatMap((text) => wrap(text, width, ''))
      .map((text) => ({ text })),
    { text: '' },
    { text: 'LAST IN THE LEDGER', tone: 'head' },
    ...latest(days).map((each) => ({ text: cut(eventText(each, status.now), width) })),
  ];
}

function figureLines(report: TableReport, days: readonly DayReport[], now: string): string[] {
  const { cutoff, retention, purge, purging } = report;
  const live = days.filter((each) => each.state !== 'purged' && each.state !== 'expired');
  const objects = live.reduce((total, each) => total + each.objects, 0);
  const lines = [
    `policy     keeps ${retention}: days before ${cutoff} ${purge === 'enabled' ? 'are purged' : 'would be purged; purge is disabled'}`,
    `archived   ${exact(report.rowsArchived)} rows of ${counted(days.length, 'day')}; ${counted(objects, 'object')} of days not purged yet`,
    `purged     ${exact(report.rowsDeleted)} rows, each by one of ${counted(report.proofs, 'proof')}`,
  ];
  if (report.rowsHealed > 0)
    lines.push(`healed     ${counted(report.rowsHealed, 'row')} archived again before they were deleted`);
  if (report.audit)
    lines.push(
      `audited    ${counted(report.audit.days, 'day')} read back from S3, ` +
        `${report.audit.damaged.length > 0 ? `${counted(report.audit.damaged.length, 'day')} damaged` : 'all whole'}, ` +
        `last ${moment(report.audit.lastAt, now)}`,
    );
  lines.push(...drillLines(report, now), ...expiryLines(report));
  if (report.left)
    lines.push(
      `left       ${counted(report.left.rows, 'row')} that the archive has with other values, the first of ${report.left.day}`,
    );
  if (report.twins)
    lines.push(
      `native     ${counted(report.twins.count, 'native partition')} of ${report.twins.day} exchanged, and not dropped yet`,
    );
  if (report.undatedRows > 0)
    lines.push(`undated    ${counted(report.undatedRows, 'row')} outside every day, never purged`);
  if (report.rowsDue > 0)
    lines.push(
      `due        ${short(report.rowsDue)} rows, about ${size(report.bytesDue)} as CSV, the oldest of ${report.oldestDue}`,
    );
  if (purging)
    lines.push(
      `now        ${purging.day}: ${percent(purging.share)} purged, ${exact(purging.rowsLeft)} rows left, ` +
        `after ${purging.cursor ? cursorText(purging.cursor) : 'its beginning'}`,
    );
  return lines;
}

/** ` (12.4 ms while it works, 10 ms while it rests, by statements)` */
function impactFigures({ workMillis, restMillis, by }: KeptImpact): string {
  if (workMillis === null || restMillis === null) return '';
  return ` (${workMillis.toFixed(1)} ms while it works, ${restMillis.toFixed(1)} ms while it rests, by ${by ?? 'canary'})`;
}

/** How a purge spent its last ten minutes, and why it waits. */
function timeLines(report: TableReport, status: StatusFacts): string[] {
  const { shares = null } = status.spent.get(report.table) ?? {};
  const wait = longWait(report, status);
  const lines = wait ? [`waits      for ${span(secondsBetween(wait.since, status.now))}: ${wait.reason}`] : [];
  const { impact = null } = status.spent.get(report.table) ?? {};
  if (impact) lines.push(`impact     ${impact.reason}${impactFigures(impact)}`);
  if (!shares) return lines;
  const rest = Math.max(0, 100 - percentOf(shares.deleting) - percentOf(shares.held));
  lines.push(
    `time       ${describeShares(shares)}, rest ${rest} %; ` +
      `${exact(shares.rows)} rows, ${rate(shares.rows / shares.seconds)}`,
  );
  return lines;
}

function latest(days: readonly DayReport[]): DayReport[] {
  return [...days].sort((one, other) => (one.updatedAt < other.updatedAt ? 1 : -1)).slice(0, 10);
}

function eventText(each: DayReport, now: string): string {
  const rows =
    each.state === 'purging' ? `${exact(each.rowsDeleted)} of ${exact(each.rowsArchived)}` : exact(each.rowsArchived);
  const count = ['exporting', 'exported', 'verified'].includes(each.state) ? '' : `, ${rows} rows`;
  return `${moment(each.updatedAt, now)}  ${each.day}  ${each.stopped === null ? `${each.state}${count}` : `stopped: ${each.stopped}`}`;
}
