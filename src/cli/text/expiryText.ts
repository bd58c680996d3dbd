import { shellWord } from '../../model/tableName.ts';
import type { ExpiryReport } from '../status/expiry.ts';
import type { TableReport } from '../status/tableStatus.ts';
import { counted, size } from './format.ts';
import type { Note } from './note.ts';

/** What will go, when, and how much it is. */
export function announcedText({ announced, by }: Pick<ExpiryReport, 'announced' | 'by'>): string | undefined {
  if (!announced) return undefined;
  const { days, from, to, rows, bytes, goesOn } = announced;
  const span = from === to ? from : `${from} … ${to}`;
  const who = by === 'audit' ? 'the audit deletes it' : 'only a person deletes it';
  return `the archive of ${counted(days, 'day')}, ${span}, ${counted(rows, 'row')}, ${size(bytes)} in S3, goes from ${goesOn} on; ${who}`;
}

/** How long the archive is kept, what will go of it, and what has gone. */
export function expiryLines({ expiry }: Pick<TableReport, 'expiry'>): string[] {
  if (!expiry) return [];
  const { expire, notice, expired } = expiry;
  const kept =
    expire === null ? 'the archive is kept for good' : `the archive is kept for ${expire}, announced ${notice} before`;
  const announced = announcedText(expiry);
  const gone = expired
    ? [
        `${counted(expired.days, 'day')} through ${expired.through} gone, ${counted(expired.rows, 'row')}, ${size(expired.bytes)}`,
      ]
    : [];
  return [`expires    ${[kept, ...(announced ? [announced] : []), ...gone].join('; ')}`];
}

/** What will be deleted is said before it is; what was begun and isn't done likewise. */
export function expiryNotes({ table, expiry }: Pick<TableReport, 'table' | 'expiry'>): Note[] {
  const notes: Note[] = [];
  const announced = expiry && announcedText(expiry);
  if (announced)
    notes.push({
      text: `${table}: ${announced}. Look at each day:`,
      command: `sediment audit ${shellWord(table)} --expire --dry-run`,
      tone: 'waits',
    });
  const [first] = expiry?.begun ?? [];
  if (expiry && first)
    notes.push({
      text: `${table}: the deletion of the expired archive of ${counted(expiry.begun.length, 'day')}, the first ${first}, isn’t done. Go on with:`,
      command: `sediment audit ${shellWord(table)} --expire`,
      tone: 'bad',
    });
  return notes;
}
