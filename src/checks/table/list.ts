import type { Check } from '../check.ts';
import { onePolicy } from '../policy/onePolicy.ts';
import type { RoleFacts } from '../server/facts.ts';
import { replicatesFromNobody } from '../server/replicatesFromNobody.ts';
import { cascades } from './cascades.ts';
import { columnRights } from './columnRights.ts';
import { columnTypes } from './columnTypes.ts';
import { deleteRight } from './deleteRight.ts';
import { deleteTriggers } from './deleteTriggers.ts';
import { engine } from './engine.ts';
import type { IdentityFacts, LedgerFacts, RecordFacts, RightsFacts, TableCheckFacts, TimeFacts } from './facts.ts';
import { foreignKeyRights } from './foreignKeyRights.ts';
import { ledgerEngine } from './ledgerEngine.ts';
import { plausibleTimes } from './plausibleTimes.ts';
import { primaryKey } from './primaryKey.ts';
import { recorded } from './recorded.ts';
import { referringRows } from './referringRows.ts';
import { tableKind } from './tableKind.ts';
import { timeColumn } from './timeColumn.ts';
import { timeIndex } from './timeIndex.ts';
import { triggerRights } from './triggerRights.ts';

/** Before any table is looked at. */
export const serverChecks: readonly Check<RoleFacts>[] = [replicatesFromNobody];

/** What exists under the name: if one of these refuses, no other check runs. */
export const identityChecks: readonly Check<IdentityFacts>[] = [tableKind, engine, onePolicy];

/** What hides things: where one of these refuses, what follows would judge a part of the table. */
export const rightsChecks: readonly Check<RightsFacts>[] = [columnRights, foreignKeyRights, triggerRights, deleteRight];

/** In the order in which they are reported. */
export const tableChecks: readonly Check<TableCheckFacts>[] = [
  columnTypes,
  primaryKey,
  timeColumn,
  timeIndex,
  cascades,
  deleteTriggers,
  referringRows,
];

/** Where the account is kept. */
export const ledgerChecks: readonly Check<LedgerFacts>[] = [ledgerEngine];

/** Beside what the first export fixed. */
export const recordChecks: readonly Check<RecordFacts>[] = [recorded];

/** Of the rows themselves: their oldest and newest time. */
export const timeChecks: readonly Check<TimeFacts>[] = [plausibleTimes];
