import type { DayEvidence } from '../../evidence/dayEvidence.ts';
import { addDays, type Day, daysBetween } from '../../model/day.ts';
import { escaped } from './html.ts';

/** A value of a day. */
export interface Point {
  day: Day;
  value: number;
}

const width = 460;
const widestBar = 40;
const height = 150;
const room = { left: 52, right: 6, top: 8, bottom: 18 };

/** Bars over the days, or a line of what they add up to; plain SVG, the same on paper. */
export function plot(
  title: string,
  points: readonly Point[],
  format: (value: number) => string,
  kind: 'bars' | 'line' = 'bars',
) {
  const drawnPoints = kind === 'line' ? addedUp(points) : points;
  const first = drawnPoints[0];
  const last = drawnPoints.at(-1);
  if (!first || !last)
    return `<figure><figcaption>${escaped(title)}</figcaption><p class="soft">nothing yet</p></figure>`;
  const highest = Math.max(...drawnPoints.map(({ value }) => value), 1);
  const span = Math.max(1, daysBetween(first.day, last.day).length);
  const offsets = new Map(daysBetween(first.day, last.day).map((day, index) => [day as string, index]));
  const inner = { width: width - room.left - room.right, height: height - room.top - room.bottom };
  const x = (day: Day) => room.left + ((offsets.get(day) ?? 0) * inner.width) / span;
  const y = (value: number) => room.top + inner.height * (1 - value / highest);
  const step = inner.width / span;
  const bars = () =>
    drawnPoints.map(({ day, value }) => {
      const top = y(value);
      // The only day of a plot is no wall.
      const wide = Math.min(widestBar, Math.max(0.8, step * 0.8)).toFixed(2);
      return (
        `<rect x="${x(day).toFixed(2)}" y="${top.toFixed(2)}" width="${wide}" height="${(room.top + inner.height - top).toFixed(2)}" ` +
        `fill="#2f6f9f"><title>${day}: ${escaped(format(value))}</title></rect>`
      );
    });
  const line = () => [
    `<polyline fill="none" stroke="#2f6f9f" stroke-width="1.6" points="${drawnPoints
      .map(({ day, value }) => `${(x(day) + step / 2).toFixed(2)},${y(value).toFixed(2)}`)
      .join(' ')}"/>`,
    `<circle cx="${(x(last.day) + step / 2).toFixed(2)}" cy="${y(last.value).toFixed(2)}" r="2.2" fill="#2f6f9f"/>`,
  ];
  const marks = [highest, highest / 2, 0].map(
    (value) =>
      `<line x1="${room.left}" x2="${width - room.right}" y1="${y(value)}" y2="${y(value)}" stroke="#d0d7de" stroke-width=".6"/>` +
      `<text x="${room.left - 4}" y="${y(value) + 3}" text-anchor="end">${escaped(format(value))}</text>`,
  );
  const dates = [
    `<text x="${room.left}" y="${height - 5}">${first.day}</text>`,
    ...(first.day === last.day
      ? []
      : [`<text x="${width - room.right}" y="${height - 5}" text-anchor="end">${last.day}</text>`]),
  ];
  const drawn = [...marks, ...(kind === 'line' ? line() : bars()), ...dates].join('');
  return (
    `<figure><figcaption>${escaped(title)}</figcaption>` +
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">${drawn}</svg></figure>`
  );
}

function addedUp(points: readonly Point[]): Point[] {
  let value = 0;
  return points.map((point) => {
    value += point.value;
    return { day: point.day, value };
  });
}

type Mark = 'archived' | 'purging' | 'purged' | 'healed' | 'unbalanced' | 'exporting' | 'expired' | 'missing';

const marks: Readonly<Record<Mark, { colour: string; letter: string; says: string }>> = {
  archived: { colour: '#9ecae1', letter: 'a', says: 'archived and verified' },
  purging: { colour: '#fdd49e', letter: 'p', says: 'being purged' },
  purged: { colour: '#31a354', letter: 'x', says: 'purged' },
  healed: { colour: '#addd8e', letter: 'h', says: 'purged, healed before' },
  expired: { colour: '#bdbdbd', letter: 'g', says: 'gone: expired and deleted' },
  exporting: { colour: '#dadaeb', letter: 'e', says: 'being archived' },
  unbalanced: { colour: '#de2d26', letter: '!', says: 'its sums don’t balance' },
  missing: { colour: '#f6f8fa', letter: '·', says: 'not archived' },
};

function markOf(day: DayEvidence | undefined): Mark {
  if (!day) return 'missing';
  if (day.unread !== null || day.balances.some(({ balances }) => !balances)) return 'unbalanced';
  if (day.state === 'purged') return day.heals.length > 0 ? 'healed' : 'purged';
  return day.state === 'archived' || day.state === 'purging' || day.state === 'expired' ? day.state : 'exporting';
}

const cell = 15;

/** A column a week, Monday first, a square a day; each has its letter, so that no colour is needed to read it. */
export function calendar(days: readonly DayEvidence[]): string {
  const first = days[0]?.day;
  const last = days.at(-1)?.day;
  if (!first || !last) return '<p class="soft">no day yet</p>';
  const known = new Map(days.map((day) => [day.day as string, day]));
  const monday = addDays(first, -((new Date(`${first}T00:00:00Z`).getUTCDay() + 6) % 7));
  const all = daysBetween(monday, last);
  const weeks = Math.ceil(all.length / 7);
  const perRow = 53;
  const squares = all.map((day, index) => {
    if (day < first) return '';
    const week = Math.floor(index / 7);
    const at = {
      x: 62 + (week % perRow) * cell,
      y: 4 + (index % 7) * cell + Math.floor(week / perRow) * (7 * cell + 14),
    };
    const mark = markOf(known.get(day));
    const { colour, letter, says } = marks[mark];
    const heading = index % 7 === 0 && week % perRow === 0 ? `<text x="0" y="${at.y + 11}">${day}</text>` : '';
    const ink = mark === 'purged' || mark === 'unbalanced' ? '#fff' : '#333';
    return (
      `${heading}<rect x="${at.x}" y="${at.y}" width="${cell - 2}" height="${cell - 2}" fill="${colour}">` +
      `<title>${day}: ${says}</title></rect>` +
      `<text x="${at.x + 6.5}" y="${at.y + 9.5}" text-anchor="middle" style="fill:${ink}">${letter}</text>`
    );
  });
  const tall = Math.ceil(weeks / perRow) * (7 * cell + 14) + 4;
  const wide = 62 + perRow * cell;
  const used = new Set(daysBetween(first, last).map((day) => markOf(known.get(day))));
  const legend = [...used].map((mark) => `<b>${marks[mark].letter}</b> ${marks[mark].says}`).join(' &nbsp; ');
  return `<svg viewBox="0 0 ${wide} ${tall}" role="img" aria-label="the days">${squares.join('')}</svg><p class="soft">${legend}</p>`;
}
