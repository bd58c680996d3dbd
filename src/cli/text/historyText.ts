import type { HistoryRow } from '../../ledger/history.ts';
import { counted, exact, size } from './format.ts';
import { wrap } from './terminal.ts';

/** Each event: when, about what, what, by whom. Nothing is cut, because the end says by whom. */
export function historyLines(rows: readonly HistoryRow[], width: number): string[] {
  return rows.flatMap((row) => {
    const { at, table, day, who } = row;
    const subject = `${table ?? 'all tables'}${day ? ` ${day}` : ''}`;
    return wrap(
      `${at.slice(0, 19).replace('T', ' ')}  ${subject}  ${eventText(row)}, by ${who}`,
      width,
      ' '.repeat(21),
    );
  });
}

/** What happened, in words. */
export function eventText({ event, detail }: Pick<HistoryRow, 'event' | 'detail'>): string {
  const text = (name: string) => String(detail[name] ?? '');
  const count = (name: string) => Number(detail[name] ?? 0);
  switch (event) {
    case 'held': {
      const what = detail.exports === true ? 'paused, exports too' : 'paused';
      return `${what}${detail.until ? ` until ${text('until').slice(0, 19)} UTC` : ''}: "${text('reason')}"`;
    }
    case 'released':
      return `resumed (${text('owner')} had paused: "${text('reason')}")`;
    case 'accepted':
      return `accepted ${text('kind')}${detail.server ? ` ${text('server')}` : ''}: "${text('reason')}"`;
    case 'adopted':
      return `brought to its manifest in S3, revision ${text('revision')}: ${counted(count('rows'), 'row')}, ${exact(count('rowsDeleted'))} of them purged`;
    case 'begun': {
      const what = detail.run === 'backfill' ? `backfill of ${text('from')} … ${text('to')}` : 'daily run';
      const left = (['refused', 'failed'] as const).flatMap((each) =>
        count(each) > 0 ? [`${count(each)} ${each}`] : [],
      );
      const found = [counted(count('tables'), 'table'), `${counted(count('days'), 'day')} to archive`, ...left];
      return `${what} begun: ${found.join(', ')}`;
    }
    case 'archived':
      return `archived: ${counted(count('rows'), 'row')}`;
    case 'stopped':
      return `stopped: ${text('reason')}`;
    case 'healed':
      return `healed, revision ${text('revision')}: ${exact(count('added'))} added, ${exact(count('changed'))} changed, ${exact(count('removed'))} removed`;
    case 'purged': {
      const left = count('leftRows') > 0 ? `, ${counted(count('leftRows'), 'row')} left in the table` : '';
      return `purged: ${counted(count('rowsDeleted'), 'row')} deleted, proved ${counted(count('proofs'), 'time')}${left}`;
    }
    case 'audited': {
      const read = `${counted(count('rows'), 'row')}, ${size(count('bytes'))}`;
      return detail.finding ? `audited: ${text('finding')} (${read} read)` : `audited, as it was written: ${read} read`;
    }
    case 'refused':
      return `${text('work') === 'plan' ? 'refused' : `${text('work')} refused`}: ${text('reason')}`;
    case 'opened':
      return `goes on; it was refused: ${text('reason')}`;
    case 'kept':
      return (
        `kept from the purge until ${text('until').slice(0, 16)} UTC, to be put back` +
        `${detail.filter ? ` where ${text('filter')}` : ''}: "${text('reason')}"`
      );
    case 'putBack': {
      const others = `${exact(count('there'))} were there, ${exact(count('differing'))} with other values`;
      return `${counted(count('inserted'), 'row')} put back; ${others}${detail.complete === false ? '; not to its end' : ''}`;
    }
    case 'drilled':
      return detail.finding
        ? `could not be restored by way of trial: ${text('finding')}`
        : `restored by way of trial and proved: ${counted(count('rows'), 'row')} in ${count('seconds')} s`;
    case 'erased':
      return `${counted(count('rows'), 'row')} erased from the archive, all versions: "${text('reason')}"`;
    case 'announced':
      return `announced: the archive of ${counted(count('days'), 'day')}, ${text('from')} … ${text('to')}, ${size(count('bytes'))}, is to expire`;
    case 'expired':
      return (
        `expired: the archive was deleted, ${counted(count('versions'), 'version')}, ${size(count('bytes'))}, ` +
        `${counted(count('rows'), 'row')}; announced ${text('announcedAt').slice(0, 10)}`
      );
    case 'let':
      return `no longer kept from the purge (was until ${text('until').slice(0, 16).replace('T', ' ')} UTC)`;
    default:
      return `${event}: ${JSON.stringify(detail)}`;
  }
}

export const csvHead = 'at,table,day,event,who,detail';

/** The row as a line of CSV (RFC 4180): times in UTC, `detail` as JSON, an empty field for none. */
export function csvLine({ at, table, day, event, who, detail }: HistoryRow): string {
  return [at, table ?? '', day ?? '', event, who, JSON.stringify(detail)].map(csvField).join(',');
}

/** A spreadsheet would run a field that begins like a formula, and who writes a reason decides what it says. */
function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
