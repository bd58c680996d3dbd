import { shellWord } from '../../model/tableName.ts';
import type { TableReport } from '../status/tableStatus.ts';
import { counted, moment } from './format.ts';
import type { Note } from './note.ts';

/** Days that were put back, and until when the purge leaves them alone. */
export function keptNotes({ table, kept }: Pick<TableReport, 'table' | 'kept'>, now: string): Note[] {
  const [first] = kept;
  if (!first) return [];
  const { day, until, who, reason, done } = first;
  return [
    {
      text:
        `${table}: ${counted(kept.length, 'day')} put back and kept from the purge, the first ${day} until ` +
        `${moment(until, now)} by ${who}: "${reason}"${done ? '' : ', not put back to its end'}. To end that:`,
      command: `sediment restore ${shellWord(table)} --day ${day} --live --release`,
      tone: 'waits',
    },
  ];
}
