import type { Config } from '../../config/load.ts';
import { type LedgerReport, ledgerNow, readLedgerReport } from '../../ledger/report.ts';
import type { TableName } from '../../model/tableName.ts';
import type { Session } from '../../mysql/session.ts';
import { foldableBefore } from './tableStatus.ts';

/** The ledger as far as a line a table needs it; of one table that is named, every day. */
export async function lookAtLedger(session: Session, config: Config, table?: TableName): Promise<LedgerReport> {
  const wanted = table ? { table } : { foldBefore: foldableBefore(config, await ledgerNow(session)) };
  return readLedgerReport(session, config.source.ledger, wanted);
}
