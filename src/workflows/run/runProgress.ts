import { defineQuery } from '@temporalio/workflow';
import type { AuditOutcome } from '../audit/outcome.ts';
import type { DrillOutcome } from '../drill/outcome.ts';
import type { RestoreOutcome } from '../restore/outcome.ts';
import type { Outcome } from './outcome.ts';

/** The query of a daily run and of a backfill. A purge has one of the same name, with another answer. */
export const runProgress = defineQuery<Outcome>('progress');

/** The query of a drill. */
export const drillProgress = defineQuery<DrillOutcome>('progress');
/** The query of an audit. */
export const auditProgress = defineQuery<AuditOutcome>('progress');

/** The query of a restore. */
export const restoreProgress = defineQuery<RestoreOutcome>('progress');
