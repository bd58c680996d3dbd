import { bar, exact, percent } from '../../src/cli/text/format.ts';
import { type Fetching, fetchText } from '../fetch.ts';

/** A line of the frame: what it is about, then how far it is. */
function line(what: string, how: string): string {
  return `${what.padEnd(11)}${how}`;
}

/** One of several things that are done one after the other. */
export function progressLine(what: string, done: number, of: number, unit: string): string {
  const share = of === 0 ? 0 : done / of;
  return line(what, `${bar(share, 20)}  ${exact(done)} of ${exact(of)} ${unit}, ${percent(share)}`);
}

/** A tick for each server that answers, and how far fetches are. */
export function serverLines(up: ReadonlyMap<string, boolean>, fetches: Iterable<Fetching>): string[] {
  const ticks = [...up].map(([name, answers]) => `${answers ? '✓' : '·'} ${name}`).join('   ');
  return [line('servers', ticks), ...[...fetches].map((each) => line('', fetchText(each)))];
}

/** What the bank has written since it was filled, by kind. */
export interface BankWrites {
  today: number;
  changed: number;
  late: number;
}

export function bankLine({ today, changed, late }: BankWrites): string {
  return line('the bank', `${exact(today)} rows of today, ${exact(changed)} old ones corrected, ${exact(late)} late`);
}

/** What happened, so many seconds after the start. */
export function eventLine(millis: number, what: string): string {
  return `${String(Math.round(millis / 1000)).padStart(5)} s  ${what}`;
}
