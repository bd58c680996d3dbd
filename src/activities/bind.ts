import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { countWaited, workMeter } from '../telemetry/workMeter.ts';
import { asFailure } from './failures.ts';

/** An activity before it is bound. It takes everything as arguments, so that tests call it without Temporal. */
export type Activity<Input, Output> = (source: Source, input: Input, attempt: Attempt) => Promise<Output>;

/** Binds an activity to a source and to Temporal: heartbeats, cancellation, metrics, and what is retried. */
export function bind<Input, Output>(
  source: Source,
  activity: Activity<Input, Output>,
): (input: Input) => Promise<Output> {
  return async (input) => {
    let latest: Record<string, string | number> = { phase: activityInfo().activityType };
    // A timer's heartbeat too, because one statement may take longer than the heartbeat timeout.
    const timer = setInterval(() => heartbeat(latest), 1_000);
    const attempt: Attempt = {
      beat: (progress) => {
        latest = progress;
        heartbeat(progress);
      },
      signal: cancellationSignal(),
      count: workMeter(),
      waited: countWaited,
    };
    try {
      return await activity(source, input, attempt);
    } catch (error) {
      throw asFailure(error);
    } finally {
      clearInterval(timer);
    }
  };
}
