import { type Attempt, Stopped } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { addDays, type Day, dayOf, parseDay } from '../model/day.ts';
import { type DailyRun, planDailyRun } from '../plan/planDailyRun.ts';
import type { PlanPage } from '../plan/planPage.ts';

export interface PlanInput {
  /** The scheduled time, ISO 8601 UTC; absent if no schedule started the run. */
  scheduledTime?: string | undefined;
  /** When the run really started, ISO 8601 UTC. */
  startedAt: string;
  day?: string | undefined;
  /** The last table of the page before. */
  after?: string | undefined;
}

const dayMillis = 24 * 3600 * 1000;

export async function planDay(source: Source, input: PlanInput, attempt: Attempt): Promise<PlanPage> {
  return planDailyRun({ source, attempt }, runOf(input), input.after);
}

/**
 * A run with a given day archives only that day. So does one that starts a day late or later, as in a schedule's backfill.
 * One that a person starts without a day is scheduled for the time at which it started.
 * @throws Stopped if the day is yet to come
 */
function runOf({ scheduledTime, startedAt, day }: PlanInput): DailyRun {
  const late = scheduledTime ? Date.parse(startedAt) - Date.parse(scheduledTime) : 0;
  if (late < -60_000)
    throw new Stopped(`scheduled for ${scheduledTime}, which is yet to come: no future day is archived`);
  if (day !== undefined) {
    const named = parseDay(day);
    return { dayIn: () => named, timely: false };
  }
  const dayIn = (zone: string): Day => addDays(dayOf(scheduledTime ?? startedAt, zone), -1);
  return { dayIn, timely: late < dayMillis };
}
