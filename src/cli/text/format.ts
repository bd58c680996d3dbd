import { Temporal } from 'temporal-polyfill';

export { bar, counted, exact, percent, rate, short, size, span } from '../../model/figures.ts';

/** `14:00 UTC` on the day of `now`, else `2026-11-26 14:00 UTC`. Both ISO 8601. */
export function moment(iso: string, now: string): string {
  const [day, clock = ''] = iso.split('T');
  return `${day === now.slice(0, 10) ? '' : `${day} `}${clock.slice(0, 5)} UTC`;
}

export function secondsBetween(from: string, to: string): number {
  return Temporal.Instant.from(from).until(Temporal.Instant.from(to)).total('seconds');
}
