import { InvalidFilter, parseFilter } from '../../archive/rowFilter.ts';
import { type Day, undatedDay } from '../../model/day.ts';
import { WrongUse } from '../explain/explain.ts';
import { dayOption } from '../text/dayOption.ts';

/** Days and rows that a command reads back. */
export interface WantedOptions {
  day?: string;
  from?: string;
  to?: string;
  where?: string;
}

/** An archived day; 0000-00-00 for the rows without one. @throws InvalidDay */
export function archivedDay(option: string, text = ''): Day {
  return text === undatedDay ? undatedDay : dayOption(option, text);
}

/** @throws WrongUse where there is a day and a range, or a condition that can't be read */
export function checkWanted({ day, from, to, where }: WantedOptions): void {
  if (day !== undefined && (from !== undefined || to !== undefined))
    throw new WrongUse('name a day with --day or a range with --from and --to, not both');
  try {
    if (where !== undefined) parseFilter(where);
  } catch (error) {
    if (error instanceof InvalidFilter) throw new WrongUse(`--where ${error.message}`, { cause: error });
    throw error;
  }
}
