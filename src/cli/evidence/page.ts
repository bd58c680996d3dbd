import { lockDuration } from '../../config/archive.ts';
import type { Balance } from '../../evidence/balances.ts';
import type { Evidence, TableEvidence } from '../../evidence/collectEvidence.ts';
import type { DayEvidence, EvidentObject } from '../../evidence/dayEvidence.ts';
import type { HistoryRow } from '../../ledger/history.ts';
import { counted, exact, short, size } from '../../model/figures.ts';
import { eventText } from '../text/historyText.ts';
import { checkScript } from './checkScript.ts';
import { escaped, style, table } from './html.ts';
import { calendar, plot } from './plots.ts';

/** The sums that don't balance, with where. */
export function unbalanced({ tables }: Evidence): { where: string; balance: Balance }[] {
  return tables.flatMap(({ table: name, days, balances }) => [
    ...balances.filter(({ balances: good }) => !good).map((balance) => ({ where: name, balance })),
    ...days.flatMap((day) =>
      day.balances.filter(({ balances: good }) => !good).map((balance) => ({ where: `${name} ${day.day}`, balance })),
    ),
  ]);
}

/** One page that needs no network: it can be printed, mailed and kept. */
export function evidencePage(evidence: Evidence): string {
  const { at, source, from, to, tables } = evidence;
  const wrong = unbalanced(evidence);
  const checked = tables.reduce(
    (sum, each) => sum + each.balances.length + each.days.reduce((all, day) => all + day.balances.length, 0),
    0,
  );
  const verdict =
    wrong.length === 0
      ? `<p class="good">All ${exact(checked)} sums balance.</p>`
      : `<p class="bad">${counted(wrong.length, 'sum')} of ${exact(checked)} don’t balance:</p>` +
        table(
          ['where', 'what', 'one', 'the other'],
          wrong.map(({ where, balance }) => [where, balance.says, balance.left, balance.right].map(escaped)),
        );
  const range = from || to ? `days ${from ?? 'of the beginning'} to ${to ?? 'today'}` : 'all days';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(`Evidence of ${source}, ${at.slice(0, 10)}`)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${style}</style></head><body>
<h1>Evidence of ${escaped(source)}</h1>
<p class="soft">${escaped(range)}, as ledger and manifests say at ${at.slice(0, 19).replace('T', ' ')} UTC. Written by Sediment; no row was read.</p>
${verdict}
${table(
  ['table', 'days', 'purged', 'rows archived', 'rows deleted', 'proofs', 'in S3', 'as CSV'],
  tables.map(({ table: name, sums }) => [
    `<a href="#${encodeURIComponent(name)}">${escaped(name)}</a>`,
    ...[sums.archived, sums.purged, sums.rows, sums.rowsDeleted, sums.proofs].map(exact),
    ...[sums.bytes, sums.plainBytes].map(size),
  ]),
)}
${tables.map(tableSection).join('\n')}
${checkSection()}
</body></html>
`;
}

function tableSection({
  table: name,
  policy,
  days,
  expiries,
  events,
  deletions,
  sums,
  balances,
}: TableEvidence): string {
  const { timeColumn, zone, retention, purge, archive } = policy;
  const of = (value: (day: DayEvidence) => number) => days.map((day) => ({ day: day.day, value: value(day) }));
  const freed = deletions.map(({ day, rows }) => ({ day, value: rows }));
  return `<h2 id="${encodeURIComponent(name)}">${escaped(name)}</h2>
<p>Days of <code>${escaped(timeColumn)}</code> in ${escaped(zone)}; rows are kept for ${escaped(retention)} in the table; purge ${escaped(purge)}.
${counted(sums.undatedRows, 'row')} without a day, never purged. ${keptText(archive)}</p>
${calendar(days)}
<div class="plots">
${plot(
  'Rows archived per day',
  of(({ rows }) => rows ?? 0),
  short,
)}
${plot(
  'Bytes in S3 per day',
  of(({ bytes }) => bytes),
  size,
)}
${plot(
  'The archive, added up by day',
  of(({ bytes }) => bytes),
  size,
  'line',
)}
${plot('Rows deleted from the table, added up', freed, short, 'line')}
${plot('Rows deleted on a UTC day', freed, short)}
</div>
${balances.map(balanceLine).join('\n')}
${expiries.length > 0 ? `<h3>What expires</h3>\n${expiryTable(expiries)}` : ''}
${events.length > 0 ? `<h3>About the whole table</h3>\n${eventTable(events)}` : ''}
${days.map(daySection).join('\n')}`;
}

function keptText(archive: TableEvidence['policy']['archive']): string {
  const { expire = 'good', lock } = archive ?? {};
  const locked = lock ? `, under Object Lock in ${lock.mode} mode for ${lockDuration(lock)}` : '';
  return `The archive is kept for ${escaped(expire)}${locked}.`;
}

/** What will be deleted of the archive, and what was. */
function expiryTable(expiries: TableEvidence['expiries']): string {
  return table(
    ['day', 'rows', 'in S3', 'announced (UTC)', 'goes from', 'deleted (UTC)', 'by', 'versions'],
    expiries.map(({ day, rows, bytes, announcedAt, goesOn, doneAt, begunAt, who, versions }) => [
      day,
      exact(rows),
      size(bytes),
      announcedAt.slice(0, 10),
      goesOn ?? '',
      doneAt?.slice(0, 19).replace('T', ' ') ?? (begunAt === null ? 'not yet' : 'begun, not done'),
      escaped(who ?? ''),
      exact(versions),
    ]),
    'events',
  );
}

function balanceLine({ says, left, right, balances }: Balance): string {
  const sign = balances ? '<span class="good">=</span>' : '<span class="bad">≠</span>';
  return `<p>${escaped(says)}: <code>${escaped(left)}</code> ${sign} <code>${escaped(right)}</code></p>`;
}

function daySection(day: DayEvidence): string {
  const { purge, heals } = day;
  const left = purge.leftRows > 0 ? `, ${counted(purge.leftRows, 'row')} left in the table with other values` : '';
  const proofs = `${counted(purge.rowsDeleted, 'row')} deleted in ${counted(purge.proofs, 'proof')}${left}`;
  const purged = purge.rowsDeleted > 0 ? proofs : 'nothing deleted';
  const sizes = `${counted(day.rows ?? 0, 'row')}, ${size(day.bytes)} in S3, ${size(day.plainBytes)} as CSV`;
  const verified = day.verifiedAt?.slice(0, 19).replace('T', ' ');
  return `<section class="day"><h3>${day.day} <span class="soft">${day.state}, revision ${day.revision}</span></h3>
<p>From <code>${escaped(day.window.start)}</code> to before <code>${escaped(day.window.end)}</code>;
${day.rows === null ? 'no manifest' : sizes}; ${purged}.
${verified === undefined ? '' : `Read back and verified at ${escaped(verified)} UTC.`}</p>
${day.unread === null ? '' : `<p class="bad">${escaped(day.unread)}</p>`}
${day.digest === null ? '' : `<p>Digest <code>${day.digest}</code>, salt <code>${day.salt}</code></p>`}
${day.balances.map(balanceLine).join('\n')}
${
  day.objects.length === 0
    ? ''
    : table(
        ['object', 'version', 'bytes', 'rows', 'pass', 'CRC32 · SHA-256 of its rows · digest'],
        day.objects.map((each) => [
          `<span class="key">${escaped(each.key)}</span>`,
          `<span class="key">${escaped(each.versionId ?? 'none')}</span>`,
          exact(each.bytes),
          each.rows === null ? each.kind : exact(each.rows),
          String(each.pass ?? ''),
          `<span class="key">${checksums(each)}</span>`,
        ]),
        'objects',
      )
}
${
  heals.length === 0
    ? ''
    : table(
        ['heal', 'at', 'why', 'added', 'changed', 'removed'],
        heals.map((each) => [
          `revision ${each.revision}`,
          escaped(each.at.slice(0, 19).replace('T', ' ')),
          escaped(each.reason),
          ...[each.added, each.changed, each.removed].map(exact),
        ]),
      )
}
${day.events.length === 0 ? '' : eventTable(day.events)}</section>`;
}

function checksums({ crc32, sha256, digest }: EvidentObject): string {
  const known = [crc32, sha256, digest].filter((text) => text !== null);
  return known.map(escaped).join('<br>');
}

function eventTable(events: readonly HistoryRow[]): string {
  return table(
    ['at (UTC)', 'by', 'what'],
    events.map((event) => [
      event.at.slice(0, 19).replace('T', ' '),
      escaped(event.who),
      escaped(`${event.table === null ? 'all tables: ' : ''}${eventText(event)}`),
    ]),
    'events',
  );
}

function checkSection(): string {
  return `<h2>How to check this oneself</h2>
<p>Nothing of Sediment is needed. An object by its version, then its SHA-256, which is the one above; the rows are
decompressed first where the key ends with <code>.gz</code>:</p>
<pre>aws s3api get-object --bucket BUCKET --key KEY --version-id VERSION part.csv.gz
gunzip -c part.csv.gz | sha256sum</pre>
<p>The digest says more: MySQL computed it from the table’s own rows, in the snapshot that they were exported from and
again in the transaction that deleted them. A row’s digest is the SHA-256 of the day’s salt, its values that aren’t NULL,
a string of a digit per column (1 for NULL), and the lengths in bytes of its text and binary values, all joined by the
byte 1F. An object’s digest is the XOR of its rows’, and a day’s that of its objects’. This script computes it from an
object, with Python’s own library alone:</p>
<pre>${escaped(checkScript)}</pre>
<p>Run it on the object, with the day’s entry of evidence.json; it prints the number of rows and the digest:</p>
<pre>python3 check_digest.py evidence.json DB.TABLE DAY KEY part.csv.gz</pre>`;
}
