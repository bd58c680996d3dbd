import type { Job } from '../job/job.ts';
import type { OpenedDay } from '../partition/open/openDay.ts';
import type { PacedPurge } from '../partition/pacedPurge.ts';
import type { StoredProcedure } from '../procedures/storedProcedure.ts';
import type { Allowance } from './allowance.ts';
import type { Position } from './position.ts';
import type { SliceResult } from './result.ts';

/** What the steps of one slice work with. */
export interface Slice {
  readonly job: Job;
  readonly day: OpenedDay;
  readonly procedure: StoredProcedure;
  readonly paced: PacedPurge;
  readonly allowance: Allowance;
  /** No step begins after it, in milliseconds since 1970. */
  readonly until: number;
}

/** Why a slice ends before the day's last chunk: empty where its time is up, or the attempt was cancelled. */
export type SliceEnd = Pick<SliceResult, 'held' | 'heldBy' | 'heldUntil' | 'drifted'>;

/** Where a step of a slice came to. */
export interface Step {
  readonly position: Position;
  /** Undefined: the slice goes on. */
  readonly end?: SliceEnd;
}
