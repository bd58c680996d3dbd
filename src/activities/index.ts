import type { DrillPlan } from '../drill/planDrill.ts';
import type { UndatedResult } from '../export/archiveUndatedRows.ts';
import type { CommitResult } from '../export/commitDay.ts';
import type { ExportResult } from '../export/exportDay.ts';
import type { VerifyResult } from '../export/verifyDay.ts';
import type { HealResult } from '../heal/result.ts';
import type { HeldPosition } from '../hold/tableHold.ts';
import type { Source } from '../job/source.ts';
import type { Audit } from '../ledger/audits.ts';
import type { AuditPage } from '../plan/planAuditRun.ts';
import type { PlanPage } from '../plan/planPage.ts';
import type { HealPlan } from '../plan/planRequestedHeal.ts';
import type { DeployResult } from '../procedures/createProcedures.ts';
import type { SliceResult } from '../purge/result.ts';
import type { PreparedPutBack } from '../restore/live/preparePutBack.ts';
import type { PutBackRowsOfDay } from '../restore/live/putBackDay.ts';
import type { PreparedRestore } from '../restore/prepareRestore.ts';
import type { RestoredRows } from '../restore/restoreDay.ts';
import { archiveUndated } from './archiveUndated.ts';
import { auditFolders, type FoldersInput } from './auditFolders.ts';
import { auditPartition } from './auditPartition.ts';
import { type Activity, bind } from './bind.ts';
import { commitManifest } from './commitManifest.ts';
import { deployProcedures } from './deployProcedures.ts';
import { type EndDrillInput, endDrill } from './endDrill.ts';
import { type ExpireInput, type ExpireResult, expireArchive } from './expireArchive.ts';
import { exportPartition } from './exportPartition.ts';
import { type HealInput, healPartition } from './healPartition.ts';
import { type HoldInput, holdTable } from './holdTable.ts';
import type { PartitionInput, TableInput } from './partition.ts';
import { type AuditPlanInput, planAudit } from './planAudit.ts';
import { type BackfillPlanInput, planBackfill } from './planBackfill.ts';
import { type PlanInput, planDay } from './planDay.ts';
import { type DrillPlanInput, planDrill } from './planDrill.ts';
import { planHeal } from './planHeal.ts';
import { type PutBackInput, preparePutBack } from './preparePutBack.ts';
import { prepareRestore, type RestoreInput } from './prepareRestore.ts';
import type { ProgressLimits } from './progress.ts';
import { purgeSlice, requireWhole, type SliceInput } from './purgeSlice.ts';
import { type PutBackDayInput, putBackPartition } from './putBackPartition.ts';
import { readHold } from './readHold.ts';
import { releaseTable } from './releaseTable.ts';
import { type RestoreDayInput, restorePartition } from './restorePartition.ts';
import { type Registered, withRegistered } from './searchAttributes.ts';
import { verifyPartition } from './verifyPartition.ts';

/** What workflows call; they import this as a type only. */
export interface Activities {
  deployProcedures(input: object): Promise<DeployResult>;
  planDay(input: PlanInput): Promise<PlanPage & Registered>;
  planBackfill(input: BackfillPlanInput): Promise<PlanPage & Registered>;
  planAudit(input: AuditPlanInput): Promise<AuditPage & Registered>;
  planDrill(input: DrillPlanInput): Promise<DrillPlan>;
  planHeal(input: PartitionInput): Promise<HealPlan & Registered>;
  exportPartition(input: PartitionInput): Promise<ExportResult>;
  verifyPartition(input: PartitionInput): Promise<VerifyResult>;
  commitManifest(input: PartitionInput): Promise<CommitResult>;
  purgeSlice(input: SliceInput): Promise<SliceResult>;
  archiveUndated(input: TableInput): Promise<UndatedResult>;
  healPartition(input: HealInput): Promise<HealResult>;
  auditPartition(input: PartitionInput): Promise<Audit>;
  auditFolders(input: FoldersInput): Promise<Record<string, string>>;
  expireArchive(input: ExpireInput): Promise<ExpireResult>;
  prepareRestore(input: RestoreInput): Promise<PreparedRestore & Registered>;
  restorePartition(input: RestoreDayInput): Promise<RestoredRows>;
  preparePutBack(input: PutBackInput): Promise<PreparedPutBack & Registered>;
  putBackPartition(input: PutBackDayInput): Promise<PutBackRowsOfDay>;
  endDrill(input: EndDrillInput): Promise<void>;
  holdTable(input: HoldInput): Promise<HeldPosition>;
  releaseTable(input: TableInput): Promise<HeldPosition>;
  readHold(input: TableInput): Promise<HeldPosition>;
}

/** The activities of one source, bound to Temporal. @param limits of attempts that make no progress; left out, the usual ones */
export function createActivities(source: Source, limits?: ProgressLimits): Activities {
  const bound = <Input, Output>(activity: Activity<Input, Output>) => bind(source, activity, limits);
  return {
    deployProcedures: bound(deployProcedures),
    planDay: withRegistered(bound(planDay)),
    planBackfill: withRegistered(bound(planBackfill)),
    planAudit: withRegistered(bound(planAudit)),
    planDrill: bound(planDrill),
    planHeal: withRegistered(bound(planHeal)),
    exportPartition: bound(exportPartition),
    verifyPartition: bound(verifyPartition),
    commitManifest: bound(commitManifest),
    purgeSlice: bound(async (from, input: SliceInput, attempt) => requireWhole(await purgeSlice(from, input, attempt))),
    archiveUndated: bound(archiveUndated),
    healPartition: bound(healPartition),
    auditPartition: bound(auditPartition),
    auditFolders: bound(auditFolders),
    expireArchive: bound(expireArchive),
    prepareRestore: withRegistered(bound(prepareRestore)),
    restorePartition: bound(restorePartition),
    preparePutBack: withRegistered(bound(preparePutBack)),
    putBackPartition: bound(putBackPartition),
    endDrill: bound(endDrill),
    holdTable: bound(holdTable),
    releaseTable: bound(releaseTable),
    readHold: bound(readHold),
  };
}
