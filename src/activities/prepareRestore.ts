import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { type Day, parseDay, undatedDay } from '../model/day.ts';
import { type PreparedRestore, prepareRestore as prepare } from '../restore/prepareRestore.ts';
import { onTable, type TableInput } from './partition.ts';

export interface RestoreInput extends TableInput {
  /** `YYYY-MM-DD`; 0000-00-00 for the rows without a day. */
  from: string;
  /** Included. */
  to: string;
  /** `db.table`; left out, a name beside the table itself. */
  into?: string | undefined;
  /** `column = value [and …]`; left out, all rows. */
  where?: string | undefined;
}

/** @throws UnknownTable, InvalidDay, Stopped */
export function prepareRestore(source: Source, input: RestoreInput, attempt: Attempt): Promise<PreparedRestore> {
  const { from, to, into, where } = input;
  return onTable(source, input, attempt, (job) => prepare(job, { from: dayOf(from), to: dayOf(to), into, where }));
}

function dayOf(text: string): Day {
  return text === undatedDay ? undatedDay : parseDay(text);
}
