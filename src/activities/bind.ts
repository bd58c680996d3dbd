import { ApplicationFailure, activityInfo, cancellationSignal, heartbeat, log } from '@temporalio/activity';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { TableRefused } from '../mysql/schema/tableSchema.ts';
import { withSessionScope } from '../mysql/session/sessionScope.ts';
import { type DayEvent, DayLog, type LoggedDay } from '../telemetry/dayLog.ts';
import { countStalled, countWaited, workMeter } from '../telemetry/workMeter.ts';
import { asFailure } from './failures.ts';
import { noteDone, noteRefused } from './noteRefused.ts';
import { type ProgressLimits, ProgressWatch, progressLimits } from './progress.ts';
import { tableAndDayOf } from './tableAndDay.ts';

/** An activity before it is bound. It takes everything as arguments, so that tests call it without Temporal. */
export type Activity<Input, Output> = (source: Source, input: Input, attempt: Attempt) => Promise<Output>;

/** Of the process, because a day's activities may follow each other in it. */
const dayLog = new DayLog();

/** Seconds between two log lines of an attempt that makes no progress. */
const stalledLogSeconds = 60;

/**
 * Binds an activity to a source and to Temporal: heartbeats, cancellation, metrics, and what is retried. The MySQL
 * sessions that an attempt opens end with it, however it ends.
 */
export function bind<Input, Output>(
  source: Source,
  activity: Activity<Input, Output>,
  limits: ProgressLimits = progressLimits,
): (input: Input) => Promise<Output> {
  return async (input) => {
    const type = activityInfo().activityType;
    const { table, day } = tableAndDayOf(input);
    const ownDay: LoggedDay | undefined = table === undefined ? undefined : { table, day };
    const report = (at: LoggedDay, found: DayEvent) => {
      const line = dayLog.line(at, found);
      if (line) log.info(line.message, { ...line.fields, attempt: activityInfo().attempt });
    };
    if (ownDay && type === 'exportPartition') dayLog.begin(ownDay);
    let logged = 0;
    const stalled = countStalled(input);
    const watch = new ProgressWatch(
      type,
      cancellationSignal(),
      {
        heartbeat: (details) => heartbeat(details),
        stalled: (details, seconds) => {
          stalled();
          if (seconds - logged < stalledLogSeconds) return;
          logged = seconds;
          log.warn('an attempt makes no progress', details);
        },
      },
      limits,
    );
    const attempt: Attempt = {
      heartbeat: watch.heartbeat,
      signal: watch.signal,
      scheduledAt: activityInfo().currentAttemptScheduledTimestampMs,
      count: workMeter(),
      waited: countWaited,
      report,
    };
    try {
      const result = await Promise.race([withSessionScope(watch, () => activity(source, input, attempt)), watch.over]);
      await noteDone(source, type, input);
      return result;
    } catch (error) {
      await noteRefused(source, type, input, error);
      const failure = asFailure(error, input);
      if (ownDay && failure instanceof ApplicationFailure && failure.nonRetryable)
        report(ownDay, { event: error instanceof TableRefused ? 'refused' : 'stopped', reason: failure.message });
      throw failure;
    } finally {
      watch.close();
    }
  };
}
