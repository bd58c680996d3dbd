/** When a purge may run: a span of wall time in a zone, and the weekdays on which it begins. */
export interface PurgeWindow {
  /** As it is in the config. */
  text: string;
  /** Minutes after midnight. */
  startMinute: number;
  /** Minutes after midnight of the day on which it begins; above 1440 it ends on the next. */
  endMinute: number;
  /** IANA. */
  zone: string;
  /** The days on which it begins: 1 Monday to 7 Sunday. */
  weekdays: readonly number[];
}

/** The text isn't a purge window; the message says what to write. */
export class InvalidWindow extends Error {
  override readonly name = 'InvalidWindow';
}

const names = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const form = /^(?:([A-Za-z]+(?:[-,][A-Za-z]+)*) +)?(\d\d):(\d\d)-(\d\d):(\d\d) +([A-Za-z]\S*)$/;
const wanted = 'Write "22:00-06:00 Europe/Berlin", "Mon-Fri 22:00-06:00 Europe/Berlin", or always.';
const dayMinutes = 1440;

/**
 * Reads a window; undefined for `always`. A window that ends before it begins runs over midnight, and its days are those on
 * which it begins.
 *
 * @example parseWindow('Mon-Fri 22:00-06:00 Europe/Berlin')?.weekdays // [1, 2, 3, 4, 5]
 * @throws InvalidWindow
 */
export function parseWindow(text: string): PurgeWindow | undefined {
  if (text === 'always') return undefined;
  const [, days, startHour, startMinute, endHour, endMinute, zone] = form.exec(text) ?? [];
  if (zone === undefined) throw new InvalidWindow(`"${text}" is no purge window. ${wanted}`);
  const start = minuteOf(text, startHour, startMinute);
  const end = minuteOf(text, endHour, endMinute);
  if (start === end || start === dayMinutes)
    throw new InvalidWindow(`"${text}" begins where it ends, or at 24:00. Write 00:00-24:00 for whole days.`);
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    throw new InvalidWindow(`"${zone}" is no time zone. Write an IANA name such as Europe/Berlin or UTC.`);
  }
  const endsNextDay = end < start ? dayMinutes : 0;
  const weekdays = days === undefined ? [1, 2, 3, 4, 5, 6, 7] : weekdaysOf(text, days);
  return { text, startMinute: start, endMinute: end + endsNextDay, zone, weekdays };
}

function minuteOf(text: string, hour = '', minute = ''): number {
  const minutes = Number(hour) * 60 + Number(minute);
  if (Number(minute) < 60 && minutes <= dayMinutes) return minutes;
  throw new InvalidWindow(`"${text}" holds ${hour}:${minute}, which is no time of day. ${wanted}`);
}

function weekdaysOf(text: string, days: string): number[] {
  const all = new Set<number>();
  for (const range of days.split(',')) {
    const [from, to = from, ...more] = range.split('-').map((name) => names.indexOf(capitalised(name)));
    if (from === undefined || to === undefined || from < 0 || to < 0 || more.length > 0)
      throw new InvalidWindow(`"${text}": ${range} names no days of the week. Write Mon-Fri or Sat,Sun. ${wanted}`);
    // A range may go over the week's end, as Sat-Mon does.
    for (let day = from; ; day = (day + 1) % 7) {
      all.add(day + 1);
      if (day === to) break;
    }
  }
  return [...all].sort((one, other) => one - other);
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1).toLowerCase();
}
