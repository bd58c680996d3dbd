import { CursorLost } from '../archive/chunkBounds.ts';
import { MalformedClaim } from '../archive/claim.ts';
import { UnknownColumnType } from '../archive/column.ts';
import { MalformedManifest } from '../archive/manifest.ts';
import { MalformedTrace } from '../archive/trace.ts';
import { UnknownTable } from '../config/errors.ts';
import { LedgerCollations } from '../ledger/migrations/collations.ts';
import { LedgerTooNew, MigrationChanged } from '../ledger/migrations/migrate.ts';
import { ServerChanged } from '../ledger/serverIdentity.ts';
import { InvalidDay } from '../model/day.ts';
import { UnknownState } from '../model/partitionState.ts';
import { ValuesLost } from '../mysql/read/lostText.ts';
import { ValueLost } from '../mysql/read/rowStream.ts';
import { RowsReferredTo } from '../mysql/schema/foreignKeys.ts';
import { TableRefused } from '../mysql/schema/tableSchema.ts';
import { SessionRefused } from '../mysql/session/pinSession.ts';
import { ResourceGroupRefused } from '../mysql/session/resourceGroup.ts';
import { Stopped } from './attempt.ts';

/** Errors that no retry heals: a rule or a finding stops the table until a person has looked. */
const stops = [
  Stopped,
  CursorLost,
  InvalidDay,
  LedgerCollations,
  LedgerTooNew,
  MalformedClaim,
  MalformedManifest,
  MigrationChanged,
  MalformedTrace,
  ResourceGroupRefused,
  RowsReferredTo,
  ServerChanged,
  SessionRefused,
  TableRefused,
  UnknownColumnType,
  UnknownState,
  UnknownTable,
  ValueLost,
  ValuesLost,
];

export function isStop(error: unknown): boolean {
  return stops.some((kind) => error instanceof kind);
}
