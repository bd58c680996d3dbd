import type { Day } from '../../model/day.ts';
import type { PartitionState } from '../../model/partitionState.ts';
import { identifier } from '../../mysql/quote.ts';
import type { Session } from '../../mysql/session/session.ts';
import { sqlFile } from '../../mysql/sqlFile.ts';
import { type Look, type RecordedRefusal, readLooks, readRefusals } from '../refusals.ts';
import { tableNameOf } from '../rowFields.ts';

/** What a table's state follows from beside its backlog; by the table's name as `formatTableName` writes it. */
export interface UnderWay {
  /** Days that are begun and not done, or stopped, oldest first. */
  days: ReadonlyMap<string, readonly { day: Day; state: PartitionState; stopped: string | null }[]>;
  refusals: ReadonlyMap<string, readonly RecordedRefusal[]>;
  looks: ReadonlyMap<string, Look>;
}

export async function readUnderWay(session: Session, ledger: string): Promise<UnderWay> {
  const days = new Map<string, { day: Day; state: PartitionState; stopped: string | null }[]>();
  for (const row of await session.rows(sqlFile('telemetry/under_way.sql', { ledger: identifier(ledger) }))) {
    const name = tableNameOf(row);
    const own = days.get(name) ?? [];
    own.push({ day: String(row.day) as Day, state: row.state as PartitionState, stopped: row.stopped ?? null });
    days.set(name, own);
  }
  return { days, refusals: await readRefusals(session, ledger), looks: await readLooks(session, ledger) };
}
