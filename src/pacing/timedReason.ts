import type { ThrottleLimits } from '../config/throttle.ts';
import type { PurgeWindow } from '../config/window.ts';
import { type Contention, contentionRest, type Health, staleAfterMillis, type WaitReason } from './throttle.ts';
import { describeClosed, windowAt } from './window.ts';

/** A reason to wait whose end is known, where it is. */
export interface TimedReason extends WaitReason {
  /** Milliseconds since 1970 UTC, by MySQL's clock. */
  until?: number;
}

/** The clocks at one moment. */
export interface Moment {
  /** The worker's monotonic clock, in milliseconds. */
  now: number;
  /** MySQL's, in milliseconds since 1970 UTC. */
  serverNow: number;
  /** When MySQL's was read last. */
  clock: Health['clock'];
}

/** Why the purge window is a reason to wait; undefined while it is open, or where there is none. */
export function outsideWindow(window: PurgeWindow | undefined, moment: Moment): TimedReason | undefined {
  if (!window) return undefined;
  const key = 'window';
  if (!moment.clock || moment.now - moment.clock.goodAt > staleAfterMillis)
    return {
      key,
      reason: `MySQL's clock can't be read, so whether the purge window ${window.text} is open isn't known`,
    };
  const state = windowAt(window, moment.serverNow);
  if (state.open) return undefined;
  const reason = describeClosed(window, state);
  return state.changesAt === undefined ? { key, reason } : { key, reason, until: state.changesAt };
}

/** The rest after a lock wait or a deadlock; undefined once it is over. */
export function afterContention(
  contention: Contention | undefined,
  limits: ThrottleLimits,
  { now, serverNow }: Moment,
): TimedReason | undefined {
  const left = contentionRest(contention, limits, now);
  if (!contention || left === 0) return undefined;
  const { kind, times } = contention;
  const reason = `after a ${kind}${times > 1 ? `, ${times} in a row now` : ''}`;
  return { key: 'contention', reason, until: serverNow + left };
}
