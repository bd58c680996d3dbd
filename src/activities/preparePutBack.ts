import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { type Day, parseDay } from '../model/day.ts';
import { type PreparedPutBack, preparePutBack as prepare } from '../restore/live/preparePutBack.ts';
import { onTable, type TableInput } from './partition.ts';

export interface PutBackInput extends TableInput {
  /** `YYYY-MM-DD` */
  from: string;
  /** Included. */
  to: string;
  where?: string | undefined;
  /** ISO 8601, P30D: so long the purge leaves the days alone. */
  keepFor: string;
  who: string;
  reason: string;
  /** Of the run: it puts each day back once. */
  request: string;
}

/** @throws UnknownTable, InvalidDay, Stopped */
export function preparePutBack(source: Source, input: PutBackInput, attempt: Attempt): Promise<PreparedPutBack> {
  const { from, to, where, keepFor, who, reason, request } = input;
  const range: { from: Day; to: Day } = { from: parseDay(from), to: parseDay(to) };
  return onTable(source, input, attempt, (job) => prepare(job, { ...range, where, keepFor, who, reason, request }));
}
