import { bar, counted, exact, percent, rate, short, span } from '../../model/figures.ts';
import { parseTableName, tableArgument } from '../../model/tableName.ts';
import type { Standing } from '../../purge/result.ts';
import { cell, code, facts } from '../markdown.ts';
import type { PurgeProgress } from './messages.ts';

/** What a purge's page in Temporal's UI shows beside its progress. */
export interface PurgeView {
  /** When its latest slice ended; null before the first. */
  standing: Standing | null;
  /** What happened last, in words, and when in ISO 8601 UTC; null before the first slice. */
  last: { at: string; text: string } | null;
}

const blocks = 10;

/** `sediment status` of one table, as markdown: where it stands, why it waits, what happened last, and the commands. */
export function purgeDetails(progress: PurgeProgress, { standing, last }: PurgeView): string {
  const { summary, table, cutoff, day, deleted, held, time, native, paused, pace, policyHash, rejected } = progress;
  const left = dayLeftOf(progress, standing);
  const rows: (readonly [string, string | undefined])[] = [
    ['day', day ? shareOf(day, left) : undefined],
    ['rows left', left ? leftOf(left) : undefined],
    ['due', standing ? dueOf(standing, cutoff) : code(`days before ${cutoff}`)],
    ['rate', standing?.rowsPerSecond ? code(rate(standing.rowsPerSecond)) : undefined],
    ['forecast', forecastOf(progress, standing)],
    ['held by', held ? cell(held) : undefined],
    ['last 10 min', time ? cell(time) : undefined],
    ['last', last ? `${code(clock(last.at))} ${cell(last.text)}` : undefined],
    ['rows deleted', code(exact(deleted))],
    ['native', native ? cell(native) : undefined],
    ['pace', pace ? code(JSON.stringify(pace)) : undefined],
    ['signals refused', rejected.length > 0 ? cell(rejected.join('; ')) : undefined],
    ['policy', policyHash ? code(policyHash.slice(0, 12)) : undefined],
  ];
  const known = rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return [summary, '', ...facts(known), '', '```', ...commandsOf(table, paused !== null), '```'].join('\n');
}

/** Rows of the day: left in the table, and in the archive if that is known. */
interface DayLeft {
  left: number;
  rows: number | undefined;
}

/** A pause reads the ledger and knows better; the latest slice may have been about the day before. */
function dayLeftOf({ day, rowsLeft }: PurgeProgress, standing: Standing | null): DayLeft | undefined {
  const own = standing?.day === day ? standing : undefined;
  const left = rowsLeft ?? own?.dayRowsLeft;
  return left === undefined ? undefined : { left, rows: own?.dayRows };
}

function shareOf(day: string, left: DayLeft | undefined): string {
  if (!left?.rows) return code(day);
  const share = (left.rows - left.left) / left.rows;
  return `${code(day)} ${bar(share, blocks)} ${percent(share)}`;
}

function leftOf({ left, rows }: DayLeft): string {
  return `${code(exact(left))}${rows === undefined ? '' : ` of ${exact(rows)}`}`;
}

function dueOf({ dueDays, dueRows }: Standing, cutoff: string): string {
  if (dueDays === 0) return `nothing before ${cutoff}`;
  return `${code(short(dueRows))} rows of ${counted(dueDays, 'day')} before ${cutoff}`;
}

/** Only while it works: what a person or a server holds has no end that is known. */
function forecastOf({ held, paused }: PurgeProgress, standing: Standing | null): string | undefined {
  const eta = standing?.eta;
  if (held || paused || !eta || eta.kind === 'unknown' || standing?.dueRows === 0) return undefined;
  if (eta.kind === 'paid') return `within the policy in ${code(span(eta.seconds))} at this rate`;
  const growth = eta.growthRowsPerDay;
  return `never within the policy: the backlog ${growth > 0 ? `grows by ${short(growth)} rows a day` : 'stays as it is'}`;
}

function commandsOf(table: string, paused: boolean): string[] {
  const name = tableArgument(parseTableName(table));
  const next = paused
    ? [`sediment resume ${name}`]
    : [`sediment pause ${name} --reason "…" --for 2h`, `sediment pace ${name} --rows-per-second 500`];
  return [`sediment status ${name}`, `sediment explain ${name}`, ...next];
}

/** `2026-11-28 17:03 UTC` */
function clock(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}
