import type { Config } from '../../config/load.ts';
import { type LedgerReport, readLedgerReport } from '../../ledger/report.ts';
import type { TableName } from '../../model/tableName.ts';
import { serverNow } from '../../mysql/clock.ts';
import type { Session } from '../../mysql/session/session.ts';
import { summarizedBefore } from './tableStatus.ts';

/** One table's ledger with every day; or what one line per table needs of all tables, with old days as sums. */
export async function readLedger(session: Session, config: Config, table?: TableName): Promise<LedgerReport> {
  if (table) return readLedgerReport(session, config.source.ledger, { table });
  const wanted = { summarizedBefore: summarizedBefore(config, await serverNow(session)) };
  return readLedgerReport(session, config.source.ledger, wanted);
}
