import type { Pace } from '../../pacing/operatorPace.ts';
import type { Timeouts } from '../activities.ts';
import type { PauseRequest } from './messages.ts';

export interface PurgeTableInput {
  source: string;
  /** `db.table`, a part that holds a dot in backticks. */
  table: string;
  /** Days before it are purged; the signal extendCutoff may bring a later one. */
  cutoff: string;
  /** Hash of the policy that the plan was made from. */
  policyHash?: string | undefined;
  /** Whether the namespace knows Sediment's search attributes. */
  searchAttributes?: boolean;
  timeouts?: Timeouts;
  /** Carried through continue-as-new, never given by hand. */
  carried?: Carried;
}

/** What a purge has done and was asked for so far. */
export interface Carried {
  /** The day that the latest slice purged; null before the first one. */
  day: string | null;
  /** Rows that the slices deleted. */
  deleted: number;
  /** Slices of this day. */
  slices: number;
  /** Heals one after the other without a row deleted in between. Histories from before it was counted lack it. */
  healsInVain?: number;
  paused?: PauseRequest | undefined;
  /** What an operator asked for, as workers of every release take it; undefined: the policy's own pace. */
  pace?: Pace | undefined;
  /** What an operator asked for, in full. */
  asked?: Pace | undefined;
  /** The latest signals that made no sense, and why. */
  rejected: string[];
}

/** A purge as continue-as-new hands it on: the input of its next run. */
export interface PurgeState extends PurgeTableInput {
  carried: Carried;
}

export function startState(input: PurgeTableInput): PurgeState {
  const carried = input.carried ?? { day: null, deleted: 0, slices: 0, healsInVain: 0, rejected: [] };
  return { ...input, carried };
}
