import type { DayReport } from '../../ledger/report.ts';
import { addDays, type Day, daysBetween, parseDay } from '../../model/day.ts';

/** What each mark means, in the order of the legend. */
const marks = {
  '·': 'not archived',
  e: 'export under way',
  a: 'archived and verified',
  p: 'purging',
  x: 'purged',
  g: 'gone: its archive has expired and is deleted',
  h: 'healed: archived again, since rows changed',
  '!': 'stopped',
  '-': 'no rows',
} as const;

type Mark = keyof typeof marks;

function markOf(day: DayReport | undefined): Mark {
  if (!day) return '·';
  if (day.stopped !== null) return '!';
  if (day.state === 'purging') return 'p';
  if (day.state === 'expired') return 'g';
  if (day.state !== 'archived' && day.state !== 'purged') return 'e';
  if (day.rowsHealed > 0) return 'h';
  if (day.rowsArchived === 0) return '-';
  return day.state === 'purged' ? 'x' : 'a';
}

/** One line per month with a mark per day, in groups of ten; then a legend of the marks that occur. */
export function calendarLines(days: readonly DayReport[], from: Day, to: Day): string[] {
  const byDay = new Map(days.map((each) => [each.day, each]));
  const months = new Map<string, Mark[]>();
  for (const day of daysBetween(from, to)) {
    const month = day.slice(0, 7);
    const own = months.get(month) ?? [];
    own[Number(day.slice(8)) - 1] = markOf(byDay.get(day));
    months.set(month, own);
  }
  const used = new Set([...months.values()].flat());
  const legend = (Object.keys(marks) as Mark[]).filter((mark) => used.has(mark));
  return [
    `         ${'1'.padEnd(11)}${'11'.padEnd(11)}21`,
    ...[...months].map(([month, own]) => `${month}  ${tens(Array.from(own, (mark) => mark ?? ' ')).trimEnd()}`),
    legend.map((mark) => `${mark} ${marks[mark]}`).join(', '),
  ];
}

function tens(own: readonly string[]): string {
  return [own.slice(0, 10), own.slice(10, 20), own.slice(20)].map((each) => each.join('')).join(' ');
}

/** The days to show: from the first known one to the last, at most three years. */
export function calendarRange(first: Day | undefined, days: readonly DayReport[], last: Day): { from: Day; to: Day } {
  const known = [first, days[0]?.day].filter((each) => each !== undefined).sort()[0] ?? last;
  const latest = days.at(-1)?.day ?? last;
  const to = latest > last ? latest : last;
  const bound = addDays(parseDay(to), -3 * 366);
  return { from: known < bound ? bound : known, to };
}
