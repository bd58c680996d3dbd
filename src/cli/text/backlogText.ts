import type { StatusFacts } from '../status/facts.ts';
import { isUncounted } from '../status/missingRows.ts';
import type { TableReport } from '../status/tableStatus.ts';
import { counted, short, size } from './format.ts';

/** How much is past its retention, and what of it nobody has looked at: "No backlog" only where everything was. */
export function backlogText({
  tables,
  missingRows,
  unlisted = [],
  unseen: hidden,
  missingLedger,
}: StatusFacts): string {
  if (missingLedger) return 'Backlog unknown: there is no ledger.';
  const due = tables.filter((each) => each.purge === 'enabled');
  const missingOf = (each: TableReport) => missingRows.get(each.table);
  const rows = due.reduce((total, each) => total + each.rowsDue + (missingOf(each)?.rows ?? 0), 0);
  const bytes = due.reduce((total, each) => total + each.bytesDue + (missingOf(each)?.bytes ?? 0), 0);
  const withBacklog = due.filter((each) => each.debtDays > 0);
  const unseen = due.filter((each) => each.neverArchived).length;
  const uncounted =
    `${counted(unseen, 'table')} ${unseen === 1 ? 'was' : 'were'} never archived, and what is due there ` +
    `isn't counted here; sediment plan counts it.`;
  if (withBacklog.length === 0) {
    if (due.length === 0) return 'No table is purged by its policy.';
    if (unseen > 0) return `Backlog unknown: ${uncounted}`;
    const refused = due.filter((each) => each.refused).length;
    const blind = due.filter(({ table, refused }) => !refused && hidden?.has(table)).length;
    if (refused === 0 && blind > 0)
      return (
        `Backlog unknown: MySQL doesn’t show ${counted(blind, 'table')} to this user; by the ledger nothing that is past ` +
        'its retention is still there.'
      );
    if (refused === 0 && unlisted.length > 0)
      return 'No backlog in the tables of this config: nothing of them that is past its retention is still there.';
    return refused > 0
      ? `Backlog unknown: ${counted(refused, 'table')} ${refused === 1 ? 'is' : 'are'} refused; ` +
          'in the others nothing that is past its retention is still there.'
      : 'No backlog: nothing that is past its retention is still there.';
  }
  const unseenToo = unseen > 0 ? ` ${uncounted}` : '';
  const among = `in ${counted(withBacklog.length, 'table')}`;
  const isPartial = withBacklog.some((each) => isUncounted(each, missingRows));
  if (isPartial && rows === 0)
    return `Backlog ${among} of days without an archive, whose rows weren’t counted; sediment plan counts them.${unseenToo}`;
  const partial = isPartial
    ? ', and days without an archive, whose rows weren’t counted; sediment plan counts them'
    : '';
  return `Backlog ${short(rows)} rows, about ${size(bytes)} as CSV, ${among}${partial}.${unseenToo}`;
}
