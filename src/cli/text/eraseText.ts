import { shellWord } from '../../model/tableName.ts';
import type { TableReport } from '../status/tableStatus.ts';
import { counted } from './format.ts';
import type { Note } from './note.ts';

/** Erasures that were begun and aren't done: some version may still have the rows. */
export function erasureNotes({ table, erasing }: Pick<TableReport, 'table' | 'erasing'>): Note[] {
  const [first] = erasing;
  if (!first) return [];
  return [
    {
      text:
        `${table}: the erasure of ${counted(first.rows, 'row')} of ${first.day} by ${first.who} ("${first.reason}") isn’t done: ` +
        'older versions may still have them. Run the same command again, with the same --key or --where:',
      command: `sediment erase ${shellWord(table)}`,
      tone: 'bad',
    },
  ];
}
