import { Temporal } from 'temporal-polyfill';

export class InvalidDuration extends Error {
  override readonly name = 'InvalidDuration';
}

/** An ISO 8601 duration of whole calendar units: P60D, P2M, P8W, P1Y. @throws InvalidDuration */
export function parseRetention(text: string): Temporal.Duration {
  if (!/^P(?=\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?$/.test(text))
    throw new InvalidDuration(
      `"${text}" is no ISO 8601 duration in whole days. Write P60D, or P2M for two calendar months.`,
    );
  return Temporal.Duration.from(text);
}
