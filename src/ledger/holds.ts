import { formatTableName, parseTableName, type TableName } from '../model/tableName.ts';
import { sqlFile } from '../mysql/sqlFile.ts';
import { LedgerPartitions } from './days/partitions.ts';
import { appendHistory } from './history.ts';

export interface Hold {
  /** `db.table` as `formatTableName` writes it, or `*`. */
  scope: string;
  owner: string;
  reason: string;
  until: string | null;
  /** Exports too; left out: deletes and heals alone. */
  exports?: boolean;
}

/** Whether a row of `holds` is in force, by MySQL's clock: a condition of SQL, the same as in the purge procedure. */
export const holdApplies = sqlFile('rules/hold_stands.sql', {}).trim();

/** The holds: one row per hold, for one table or for all. */
export class LedgerHolds extends LedgerPartitions {
  /** The hold on deletes and heals that is in force for a table; under READ COMMITTED and the caller's lock on a partition. */
  async activeHold(table: TableName): Promise<Hold | undefined> {
    return this.#hold(table);
  }

  /** The hold on exports that is in force for a table. */
  async exportHold(table: TableName): Promise<Hold | undefined> {
    return this.#hold(table, 'AND exports');
  }

  async #hold(table: TableName, further = ''): Promise<Hold | undefined> {
    const [row] = await this.own.rows(
      `SELECT * FROM ${this.schema}.holds WHERE scope IN ('*', ?) AND ${holdApplies} ${further} ORDER BY scope LIMIT 1`,
      [formatTableName(table)],
    );
    return row && holdOf(row);
  }

  /** Writes a hold and waits for running deletes. When this returns, nothing is being deleted, whether or not a worker is up. */
  async putHold(hold: Hold): Promise<void> {
    await this.writeHold(hold);
    await this.endDeletes(hold.scope);
  }

  /** From here on no deleting transaction begins; one may still be running. */
  async writeHold(hold: Hold): Promise<void> {
    const { scope, owner, reason, until, exports = false } = hold;
    await this.own.execute(
      `INSERT INTO ${this.schema}.holds (scope, owner, reason, until_time, exports) VALUES (?, ?, ?, ?, ?)
       ON DUPLICATE KEY UPDATE owner = VALUES(owner), reason = VALUES(reason), until_time = VALUES(until_time), exports = VALUES(exports)`,
      [scope, owner, reason, until, exports ? 1 : 0],
    );
    await appendHistory(this, {
      event: 'held',
      table: tableOf(scope),
      who: owner,
      detail: { reason, until, exports },
    });
  }

  /** Takes each purging partition of the scope one epoch forward, which waits for a running CALL. */
  async endDeletes(scope: string): Promise<void> {
    const held = tableOf(scope);
    await this.own.execute(
      `UPDATE ${this.schema}.partitions SET epoch = epoch + 1 WHERE state = 'purging'${held ? ' AND database_name = ? AND table_name = ?' : ''}`,
      held ? [held.database, held.table] : [],
    );
  }

  /**
   * @param who a person; left out: this release of Sediment, at a workflow's word
   * @returns whether there was one
   */
  async dropHold(scope: string, who?: string): Promise<boolean> {
    return this.session.transaction(async () => {
      const [row] = await this.own.rows(`SELECT * FROM ${this.schema}.holds WHERE scope = ? FOR UPDATE`, [scope]);
      if (!row) return false;
      await this.own.execute(`DELETE FROM ${this.schema}.holds WHERE scope = ?`, [scope]);
      const { owner, reason } = holdOf(row);
      await appendHistory(this, { event: 'released', table: tableOf(scope), who, detail: { owner, reason } });
      return true;
    });
  }
}

function holdOf(row: Record<string, string | null>): Hold {
  return {
    scope: String(row.scope),
    owner: String(row.owner),
    reason: String(row.reason),
    until: row.until_time ?? null,
    exports: Number(row.exports) === 1,
  };
}

/** What a scope names; undefined for all tables. */
export function tableOf(scope: string): TableName | undefined {
  return scope === '*' ? undefined : parseTableName(scope);
}
