import { type Day, InvalidDay, parseDay } from '../../model/day.ts';

/** The day of an option, which a refusal names. @throws InvalidDay */
export function dayOption(option: string, text = ''): Day {
  try {
    return parseDay(text);
  } catch (error) {
    if (!(error instanceof InvalidDay)) throw error;
    throw new InvalidDay(`${option} ${error.message}`, { cause: error });
  }
}
