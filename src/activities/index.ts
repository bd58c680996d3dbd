import {
  ApplicationFailure,
  activityInfo,
  cancellationDetails,
  cancellationSignal,
  heartbeat,
} from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import { auditPartition } from '../audit/auditPartition.ts';
import { archiveUndated, type UndatedResult } from '../export/archiveUndated.ts';
import { type CommitResult, commitManifest } from '../export/commitManifest.ts';
import { type ExportResult, exportPartition } from '../export/exportPartition.ts';
import { type VerifyResult, verifyPartition } from '../export/verifyPartition.ts';
import { healPartition } from '../heal/healPartition.ts';
import type { HealInput, HealResult } from '../heal/result.ts';
import { type HeldPosition, type HoldInput, holdTable, readHold, releaseTable } from '../hold/holdTable.ts';
import { type Attempt, Held, type PartitionInput } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { isStop } from '../job/stops.ts';
import type { Audit } from '../ledger/audits.ts';
import { Fenced } from '../ledger/ledger.ts';
import { type AuditPage, type AuditPlanInput, planAudit } from '../plan/planAudit.ts';
import { type BackfillPlanInput, planBackfill } from '../plan/planBackfill.ts';
import { type PlanInput, planDay } from '../plan/planDay.ts';
import { type HealPlan, planHeal } from '../plan/planHeal.ts';
import type { PlanPage } from '../plan/planPage.ts';
import { type DeployResult, deployProcedures } from '../procedures/deployProcedures.ts';
import { purgeSlice } from '../purge/purgeSlice.ts';
import type { SliceInput, SliceResult } from '../purge/result.ts';
import { countWaited, workMeter } from '../telemetry/workMeter.ts';
import { searchAttributesRegistered } from './searchAttributes.ts';

/** What workflows call; they import this as a type only. */
export interface Activities {
  deployProcedures(input: object): Promise<DeployResult>;
  planDay(input: PlanInput): Promise<PlanPage & Registered>;
  planBackfill(input: BackfillPlanInput): Promise<PlanPage & Registered>;
  planAudit(input: AuditPlanInput): Promise<AuditPage & Registered>;
  planHeal(input: PartitionInput): Promise<HealPlan & Registered>;
  exportPartition(input: PartitionInput): Promise<ExportResult>;
  verifyPartition(input: PartitionInput): Promise<VerifyResult>;
  commitManifest(input: PartitionInput): Promise<CommitResult>;
  purgeSlice(input: SliceInput): Promise<SliceResult>;
  archiveUndated(input: { table: string }): Promise<UndatedResult>;
  healPartition(input: HealInput): Promise<HealResult>;
  auditPartition(input: PartitionInput): Promise<Audit>;
  holdTable(input: HoldInput): Promise<HeldPosition>;
  releaseTable(input: { table: string }): Promise<HeldPosition>;
  readHold(input: { table: string }): Promise<HeldPosition>;
}

interface Registered {
  /** Whether workflows may set Sediment's search attributes. */
  searchAttributes: boolean;
}

/** Binds the activities to one source and to Temporal: heartbeats, cancellation, and what is retried. */
export function createActivities(source: Source): Activities {
  function bind<Input, Output>(work: (source: Source, input: Input, attempt: Attempt) => Promise<Output>) {
    return async (input: Input): Promise<Output> => {
      let latest: Record<string, string | number> = { phase: activityInfo().activityType };
      // A timer's heartbeat too: one statement may outlast the heartbeat timeout.
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
        return await work(source, input, attempt);
      } catch (error) {
        throw asFailure(error);
      } finally {
        clearInterval(timer);
      }
    };
  }
  const registered = <Input, Page>(plan: (input: Input) => Promise<Page>) => {
    return async (input: Input) => ({ ...(await plan(input)), searchAttributes: await searchAttributesRegistered() });
  };
  return {
    deployProcedures: bind(deployProcedures),
    planDay: registered(bind(planDay)),
    planBackfill: registered(bind(planBackfill)),
    planAudit: registered(bind(planAudit)),
    planHeal: registered(bind(planHeal)),
    exportPartition: bind(exportPartition),
    verifyPartition: bind(verifyPartition),
    commitManifest: bind(commitManifest),
    purgeSlice: bind(async (from: Source, input: SliceInput, attempt) => {
      const result = await purgeSlice(from, input, attempt);
      // A partial result is for whoever cancelled. Paused on the server, reset, shut down or timed out, the slice must
      // not look done, or the next one would start (P60); what it did stands in the ledger.
      if (cancellationSignal().aborted && !cancellationDetails()?.cancelRequested) throw cancellationSignal().reason;
      return result;
    }),
    archiveUndated: bind(archiveUndated),
    healPartition: bind(healPartition),
    auditPartition: bind(auditPartition),
    holdTable: bind(holdTable),
    releaseTable: bind(releaseTable),
    readHold: bind(readHold),
  };
}

function asFailure(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (isStop(error))
    return ApplicationFailure.create({ message: error.message, type: error.name, nonRetryable: true, cause: error });
  if (error instanceof Held)
    return ApplicationFailure.create({
      message: error.message,
      type: error.name,
      cause: error,
      category: ApplicationFailureCategory.BENIGN,
      nextRetryDelay: '10 seconds',
    });
  if (error instanceof Fenced)
    return ApplicationFailure.create({
      message: error.message,
      type: error.name,
      cause: error,
      category: ApplicationFailureCategory.BENIGN,
    });
  return error;
}
