import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { cursorText } from '../../archive/cursor.ts';
import type { HoldTerms } from '../../hold/tableHold.ts';
import { messageOf } from '../../model/error.ts';
import { type Pace, parsePace } from '../../pacing/operatorPace.ts';
import { complaint, type Fields } from '../invalidInput.ts';

/** Who holds the table, and why. */
export type PauseRequest = HoldTerms;

export interface PurgeProgress {
  table: string;
  /** Days before it are purged. */
  cutoff: string;
  day: string | null;
  /** Rows that this purge's slices reported; the ledger has the account. */
  deleted: number;
  /**
   * The native partitions that the day was exchanged with, how far their proof in place is, or why it is purged in chunks;
   * null if the policy doesn't ask for it.
   */
  native: string | null;
  /** Why it waits, in words. */
  held: string | null;
  /** How much of the last ten minutes it was held, and by what, when its latest slice ended. */
  time: string | null;
  paused: PauseRequest | null;
  /** What an operator asked for; null: the policy's own pace. */
  pace: Pace | null;
  /** Hash of the policy that the latest plan was made from. */
  policyHash: string | null;
  /** Where the ledger had it when it was paused: the last deleted row's cursor, and the rows of the day that are left. */
  cursor: readonly string[] | null;
  rowsLeft: number | null;
  /** The latest signals that made no sense, and why. */
  rejected: string[];
  /** All of it in a sentence. */
  summary: string;
}

export const pauseUpdate = defineUpdate<PurgeProgress, [PauseRequest]>('pause');
export const resumeUpdate = defineUpdate<PurgeProgress>('resume');
export const setPaceUpdate = defineUpdate<PurgeProgress, [Pace | null]>('setPace');
export const holdChangedUpdate = defineUpdate<PurgeProgress>('holdChanged');
// The same as signals, for many workflows at once: temporal workflow signal --query …
export const pauseSignal = defineSignal<[PauseRequest]>('pause');
export const resumeSignal = defineSignal('resume');
export const setPaceSignal = defineSignal<[Pace | null]>('setPace');
export const holdChangedSignal = defineSignal('holdChanged');
export const extendCutoff = defineSignal<[cutoff: string, policyHash?: string]>('extendCutoff');
export const progress = defineQuery<PurgeProgress>('progress');

const pauseFields = { owner: 'text', reason: 'text', until: 'instant?', exports: 'flag?' } as const satisfies Fields;
const pauseExample = '{"owner": "oncall", "reason": "month-end close", "until": "2026-11-21T14:00:00Z"}';

export const descriptions = {
  pause: `Stops deleting, and answers when nothing is in flight. ${pauseExample}; until may be left out; "exports": true holds exports too`,
  resume: 'Goes on exactly where the pause found it. Takes nothing',
  holdChanged:
    'Reads the ledger’s hold again, pauses or goes on by it, and answers when nothing is in flight. Takes nothing',
  setPace:
    '{"pace": "steady"} spread over the day, {"pace": "asap"} all that others’ latency allows, {"pace": "full"} all ' +
    'that it can get, {"rowsPerSecond": 500}, {"targetMillis": 100} a transaction, {"restRatio": 1} (as long as it ' +
    'worked), or several; null for the policy’s own pace. The policy’s maxRowsPerSecond holds too',
  extendCutoff: 'Purge the days before a later one too: "2026-11-21". An earlier one changes nothing',
  progress: 'How far the purge has come: cutoff, day, rows deleted, why it waits',
};

/** What is wrong with a pause, if anything. A pause that would be over already is wrong. */
export function pauseComplaint(request: unknown, now: number): string | undefined {
  const found = complaint(request, pauseFields, pauseExample);
  if (found) return found;
  const { until } = request as PauseRequest;
  if (until !== undefined && Date.parse(until) <= now)
    return `until: ${until} is over; it is ${new Date(now).toISOString()}`;
  return undefined;
}

export function paceComplaint(request: unknown): string | undefined {
  // Without a key it would change nothing, and look as if it had.
  if (JSON.stringify(request) === '{}')
    return 'setPace {} names no part of a pace. Write {"rowsPerSecond": 5000}, or null for the policy’s own.';
  try {
    parsePace(request);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** A running purge as a sentence for a person. */
export function inWords(progress: Omit<PurgeProgress, 'summary'>): string {
  const { table, cutoff, day, deleted, held, time, native, paused, cursor, rowsLeft } = progress;
  if (paused) {
    const at = cursor ? `paused at ${cursorText(cursor)}` : 'paused between two days';
    const left = day && rowsLeft !== null ? `, ${grouped(rowsLeft)} rows of ${day} left` : '';
    const end = paused.until ? ` until ${paused.until}` : '';
    return `${table} ${at}, nothing in flight${left}; by ${paused.owner}${end}: ${paused.reason}`;
  }
  const where = `${table} before ${cutoff}: ${day ?? 'nothing due'}, ${grouped(deleted)} rows deleted${native ? `; ${native}` : ''}`;
  const waits = held ? `, waits: ${held}` : '';
  return `${where}${waits}${time ? ` (${time})` : ''}`;
}

function grouped(rows: number): string {
  return String(rows).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
