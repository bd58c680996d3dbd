import type { Config } from '../config/load.ts';
import { findPolicy } from '../config/policy.ts';
import { formatTableName, type TableName } from '../model/tableName.ts';
import { WrongUse } from './explain/explain.ts';
import type { CommonOptions } from './output.ts';

export interface ScopeOptions extends CommonOptions {
  all?: boolean;
}

/** What a command is about: one table, or every table of the source. */
export interface Scope {
  /** As the ledger writes it: `db.table`, or `*`. */
  scope: string;
  /** The tables of the config that it covers. */
  tables: string[];
  /** The table, where it is one. */
  only?: TableName;
}

/** @throws WrongUse */
export function checkScope({ all }: ScopeOptions, table: string | undefined): void {
  if (all && table !== undefined) throw new WrongUse(`name ${table} or --all, not both`);
  if (!all && table === undefined) throw new WrongUse('name a table, or --all for every table of the source');
}

/** @throws WrongUse, UnknownTable */
export function scopeOf(config: Config, options: ScopeOptions, table: string | undefined): Scope {
  checkScope(options, table);
  if (table === undefined) return { scope: '*', tables: config.tables.map(formatTableName) };
  const only = findPolicy(config, table);
  const scope = formatTableName(only);
  return { scope, tables: [scope], only };
}
