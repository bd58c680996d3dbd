import { defineQuery } from '@temporalio/workflow';
import type { AuditOutcome } from '../audit/outcome.ts';
import type { Outcome } from './outcome.ts';

/** Of a daily run and of a backfill. A purge's query of the same name answers with its own progress. */
export const runProgress = defineQuery<Outcome>('progress');

/** Of an audit. */
export const auditProgress = defineQuery<AuditOutcome>('progress');
