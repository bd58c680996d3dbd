import { setCurrentDetails } from '@temporalio/workflow';
import { counted } from '../../model/figures.ts';
import { requestedPace } from '../../pacing/operatorPace.ts';
import type { SliceResult } from '../../purge/result.ts';
import { resolveTimeouts, type SourceActivities, sourceActivities } from '../activities.ts';
import { attributeWriter, type SearchAttributes } from '../searchAttributes.ts';
import { PurgeControl } from './control.ts';
import { countHeld } from './heldSeconds.ts';
import { inWords, type PurgeProgress } from './messages.ts';
import { type PurgeView, purgeDetails } from './purgeDetails.ts';
import { type PurgeState, type PurgeTableInput, startState } from './state.ts';

/** Backoff before a day is healed again without a row deleted in between; doubles each time. */
const healBackoffMillis = 5_000;
/** A purge that is held looks again at least as often. */
const longestWaitMillis = 15 * 60_000;

/** One run of a table's purge. What must outlive it is in `state`, which continue-as-new hands on as it is. */
export class PurgeRun {
  readonly state: PurgeState;
  readonly control: PurgeControl;
  readonly #activities: SourceActivities;
  readonly #writeAttributes: (attributes: SearchAttributes) => void;
  /** What this round's slice answered. */
  #slice: SliceResult | undefined;
  /** The cutoff that the latest slice was given. */
  #cutoff: string;
  /** Why the purge waits, in words, and for the metrics. */
  #held: string | null = null;
  #heldBy: string | undefined;
  #native: string | null = null;
  #time: string | null = null;
  #view: PurgeView = { standing: null, last: null };

  constructor(input: PurgeTableInput) {
    this.state = startState(input);
    this.#cutoff = input.cutoff;
    this.#activities = sourceActivities(input.source, input.timeouts);
    this.#writeAttributes = attributeWriter(input.searchAttributes);
    this.control = new PurgeControl(this.state, this.#activities.holding);
  }

  /** Returns when nobody's pause is in force. */
  async waitWhilePaused(): Promise<void> {
    if (this.control.isReadingHold) await this.control.whileReadingHold();
    if (this.state.carried.paused) this.#show('paused');
    await this.control.whilePaused();
  }

  /** Runs what a pause or a new pace may cancel; not at all while paused. */
  interruptible(work: () => Promise<void>): Promise<void> {
    this.#slice = undefined;
    return this.control.interruptible(work);
  }

  /** Deletes for as long as a slice may last. What a cancelled slice has deleted is in the ledger only. */
  async runSlice(): Promise<void> {
    const { carried, table, timeouts } = this.state;
    this.#cutoff = this.state.cutoff;
    this.#show('purging');
    carried.slices++;
    const summary = `${carried.day ?? `before ${this.#cutoff}`}, slice ${carried.slices}`;
    const forMillis = resolveTimeouts(timeouts).sliceMillis;
    const slice = await this.#activities.purging.purgeSlice.executeWithOptions({ summary }, [
      { table, cutoff: this.#cutoff, forMillis, pace: carried.pace, asked: carried.asked },
    ]);
    if (slice.day !== carried.day) this.#native = null;
    if (slice.day && slice.day !== carried.day) {
      carried.day = slice.day;
      carried.slices = 1;
      carried.healsInVain = 0;
    }
    if (slice.deleted > 0) carried.healsInVain = 0;
    carried.deleted += slice.deleted;
    this.#native = slice.native ?? this.#native;
    this.#held = slice.held ?? null;
    this.#heldBy = slice.heldBy;
    this.#time = slice.time ?? null;
    this.#slice = slice;
    this.#view = { ...this.#view, standing: slice.standing ?? null };
    if (slice.day && slice.deleted > 0) {
      const left = slice.standing?.dayRowsLeft === 0 && !slice.drifted ? ', the day is purged' : '';
      this.#note(`${slice.day}: ${counted(slice.deleted, 'row')} deleted in slice ${carried.slices}${left}`);
    }
  }

  /** Where the slice found a day that isn't what was archived: archives it as it is now. */
  async heal(): Promise<void> {
    const { carried, table } = this.state;
    const { day, drifted } = this.#slice ?? {};
    if (!day || !drifted) return;
    const inVain = carried.healsInVain ?? 0;
    // A day that is written to as fast as it is healed would be given up within seconds.
    if (inVain > 0) {
      this.#held = `${day} has changed again since its heal; the next one waits`;
      this.#show('waiting');
      await this.control.rest(Math.min(healBackoffMillis * 2 ** (inVain - 1), longestWaitMillis));
    }
    this.#show('healing');
    carried.healsInVain = inVain + 1;
    const { healPartition } = this.#activities.healing;
    const healed = await healPartition.executeWithOptions({ summary: `${day}, heal` }, [{ table, day }]);
    this.#held = healed.held ?? null;
    this.#heldBy = healed.heldBy;
    const { added, changed, removed } = healed;
    if (!healed.held) this.#note(`${day} healed: ${added} rows added, ${changed} changed, ${removed} removed`);
  }

  /** Where something holds the purge back: waits before the next slice asks again. */
  async waitWhileHeld(): Promise<void> {
    if (!this.#held || this.#slice?.done) return;
    this.#show('waiting');
    // One timer until a window opens, in place of many looks; a resume or another pace ends it.
    const opensAt = this.#slice?.heldUntil;
    const until = opensAt === undefined ? 0 : Date.parse(opensAt) - Date.now();
    const { waitMillis } = resolveTimeouts(this.state.timeouts);
    const millis = Math.max(waitMillis, Math.min(until, longestWaitMillis));
    await countHeld(this.state, this.#heldBy, () => this.control.rest(millis));
  }

  /** Whether this round's slice found no day left before its cutoff. */
  get done(): boolean {
    return this.#slice?.done === true && !this.state.carried.paused;
  }

  /** Whether it is done, and no later cutoff came since the slice began. */
  finished(): boolean {
    return this.done && this.#cutoff === this.state.cutoff;
  }

  end(): PurgeProgress {
    this.#show('done');
    return this.progress();
  }

  progress(): PurgeProgress {
    const { position } = this.control;
    const { table, cutoff, policyHash, carried } = this.state;
    const { paused, deleted, rejected } = carried;
    const found = {
      table,
      cutoff,
      day: position?.day ?? carried.day,
      deleted,
      native: this.#native,
      time: this.#time,
      held: paused ? `paused by ${paused.owner}: ${paused.reason}` : this.#held,
      paused: paused ?? null,
      pace: requestedPace(carried.pace, carried.asked) ?? null,
      policyHash: policyHash ?? null,
      cursor: position?.cursor ?? null,
      rowsLeft: position?.rowsLeft ?? null,
      rejected,
    };
    return { ...found, summary: inWords(found) };
  }

  /** Writes the details that Temporal's UI shows. */
  draw(): void {
    setCurrentDetails(purgeDetails(this.progress(), this.#view));
  }

  #note(text: string): void {
    this.#view = { ...this.#view, last: { at: new Date().toISOString(), text } };
  }

  #show(phase: string): void {
    const { table, carried } = this.state;
    this.#writeAttributes(carried.day ? { table, phase, day: carried.day } : { table, phase });
    this.draw();
  }
}
