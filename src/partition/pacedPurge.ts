import type { TablePolicy } from '../config/policy.ts';
import type { Attempt } from '../job/attempt.ts';
import type { TableJob } from '../job/job.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Pace } from '../pacing/operatorPace.ts';
import { Pacer } from '../pacing/pacer.ts';
import { formatPacerState, parsePacerState } from '../pacing/pacerState.ts';
import type { Due } from '../pacing/spread.ts';
import { describeHeld } from '../pacing/timeAccount.ts';

/** Often enough for `status` to show the present, and one small write per forty transactions or so. */
const keepMillis = 10_000;

/** Why a purge waits, as its results say it. */
export interface HeldPurge {
  /** In words. */
  held?: string | undefined;
  /** The same for the metrics, of few values. */
  heldBy?: string | undefined;
  /** Until when at least, ISO 8601, where that is known. */
  heldUntil?: string;
}

/** A purge's pacer as the last slice left it, kept in the ledger while it works: the next slice and `status` read it there. */
export class PacedPurge {
  #kept = performance.now();

  private constructor(
    readonly pacer: Pacer,
    readonly ledger: Ledger,
    readonly policy: TablePolicy,
  ) {}

  /** @param due what there is to do, and until when, where that is known */
  static async open({ source, ledger, policy }: TableJob, pace: Pace, due?: Due): Promise<PacedPurge> {
    const state = parsePacerState(await ledger.readPace(policy));
    const { health, impact: others } = source;
    return new PacedPurge(new Pacer({ policy, health, others, pace, state, due }), ledger, policy);
  }

  /**
   * Waits for the server's health, the window and the pace.
   * @returns what holds the purge; undefined if the next transaction may begin, or the attempt is over
   */
  async ready(
    attempt: Attempt,
    progress: Record<string, string | number>,
  ): Promise<{ held: string; heldBy: string; heldUntil?: string } | undefined> {
    try {
      const hold = await this.pacer.ready(attempt.signal, async ({ reason }) => {
        attempt.heartbeat({ ...progress, held: reason, ...this.summary() });
        await this.keepInTime();
      });
      if (!hold) return undefined;
      const heldBy = signalOf(this.pacer.state().heldBy[0] ?? 'other');
      return { held: hold.reason, heldBy, heldUntil: hold.until };
    } catch (error) {
      // A pause or a shutdown cancelled the attempt: the caller returns what was done.
      if (attempt.signal.aborted) return undefined;
      throw error;
    }
  }

  /** The pace over the last minutes, what held the purge, and what others feel of it, for a heartbeat. */
  summary(): { rowsPerSecond?: number; time?: string; impact?: string } {
    const { shares, impact } = this.pacer;
    if (!shares) return {};
    const found: ReturnType<PacedPurge['summary']> = {
      rowsPerSecond: Math.round(shares.rows / shares.seconds),
      time: describeHeld(shares),
    };
    if (impact) found.impact = impact.reason;
    return found;
  }

  /** Keeps the state if it is time to. Called between two transactions. */
  async keepInTime(): Promise<void> {
    if (performance.now() - this.#kept >= keepMillis) await this.keep();
  }

  /** A lost connection doesn't fail it: the next slice then begins with the pace that was kept before. */
  async keep(): Promise<void> {
    this.#kept = performance.now();
    await this.ledger.setPace(this.policy, formatPacerState(this.pacer.state())).catch(() => undefined);
  }

  /** At a slice's end, records a hold that isn't the pacer's, so that the time until the next slice counts for that hold. */
  async close(result: HeldPurge | undefined, attempt: Attempt): Promise<void> {
    const { held, heldBy } = result ?? {};
    if (held && (heldBy === 'hold' || heldBy === 'fuse' || heldBy === 'clock')) this.pacer.heldFor(heldBy, held);
    else if (attempt.signal.aborted) {
      // A pause writes its hold before it cancels the slice.
      const hold = await this.ledger.activeHold(this.policy).catch(() => undefined);
      if (hold) this.pacer.heldFor('hold', `${hold.owner}: ${hold.reason}`);
    }
    for (const [by, millis] of Object.entries(this.pacer.heldMillis)) attempt.waited?.(signalOf(by), millis);
    await this.keep();
  }
}

/** The signal that held, without the server that it is of: `replicaLag` for a replica's lag. */
function signalOf(key: string): string {
  return key.split(' ')[0] ?? key;
}
