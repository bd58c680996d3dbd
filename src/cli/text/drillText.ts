import { shellWord } from '../../model/tableName.ts';
import type { TableReport } from '../status/tableStatus.ts';
import { exact, moment, secondsBetween, span } from './format.ts';
import type { Note } from './note.ts';

/** The last drill and its age. */
export function drillLines({ drill }: Pick<TableReport, 'drill'>, now: string): string[] {
  if (!drill) return [];
  const found = drill.finding === null ? `${exact(drill.rows)} rows restored and proved` : 'could not be restored';
  return [`drilled    ${drill.day}: ${found}, ${span(secondsBetween(drill.at, now))} ago`];
}

/** A day that couldn't be restored. */
export function drillNotes({ table, drill }: Pick<TableReport, 'table' | 'drill'>, now: string): Note[] {
  if (!drill || drill.finding === null) return [];
  return [
    {
      text: `${table}: the drill of ${moment(drill.at, now)} could not restore ${drill.day}: ${drill.finding}. Once it is mended:`,
      command: `sediment drill ${shellWord(table)} --day ${drill.day}`,
      tone: 'bad',
    },
  ];
}
