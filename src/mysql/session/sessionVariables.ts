import type { Flavor, Isolation } from './server.ts';

/** A session variable that changes what Sediment's statements mean, or whether they end. */
export interface PinnedVariable {
  name: string;
  /** As SET takes it. */
  value: string;
  /** Undefined for both. */
  on?: Flavor;
  /** Whether the purge procedure asserts it too, because under another value its proof would be worth nothing, whoever calls it. */
  asserted?: boolean;
  /** What another value would do. */
  because: string;
}

/** The sql_mode that every expression of Sediment is written for: backslash escapes on, double quotes are strings. */
export const sqlMode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

/** The charset and collation that a purge procedure is created and called under. */
export const sessionCharset = 'utf8mb4';
export const sessionCollation = 'utf8mb4_general_ci';

/**
 * A worker that was stopped in the middle of a transaction keeps its locks until the server hangs up; the server's
 * default is eight hours. A connection that waits for its worker is pinged far more often than this.
 */
const idleSeconds = 900;

const largest = '18446744073709551615';

/**
 * Every variable that a session is pinned to, in the order in which they are set. A global value, an option file or an
 * `init_connect` can change each of them for all new sessions. test/long/globals.test.ts asks the servers for all others.
 */
export const pinnedVariables: readonly PinnedVariable[] = [
  { name: 'sql_mode', value: `'${sqlMode}'`, because: 'it decides how a literal is read and whether a value is cut' },
  { name: 'time_zone', value: "'+00:00'", asserted: true, because: 'a TIMESTAMP is printed and compared in it' },
  { name: 'character_set_client', value: sessionCharset, because: 'statements are sent in it' },
  { name: 'character_set_connection', value: sessionCharset, asserted: true, because: 'literals are converted to it' },
  { name: 'character_set_results', value: sessionCharset, because: 'values are printed in it' },
  { name: 'collation_connection', value: sessionCollation, asserted: true, because: 'literals are compared by it' },
  { name: 'autocommit', value: '1', because: 'without it a hold, a ledger row or a heal is never committed' },
  {
    name: 'completion_type',
    value: "'NO_CHAIN'",
    asserted: true,
    because: 'COMMIT would open another transaction or hang up',
  },
  { name: 'foreign_key_checks', value: '1', asserted: true, because: 'without them a delete leaves orphans' },
  { name: 'unique_checks', value: '1', asserted: true, because: 'without them a key may be written twice' },
  {
    name: 'sql_select_limit',
    value: largest,
    because: 'a limit takes columns and rows out of every answer',
  },
  { name: 'max_join_size', value: largest, because: 'a large scan would be refused' },
  { name: 'sql_big_selects', value: '1', because: 'a large scan would be refused' },
  { name: 'sql_safe_updates', value: '0', asserted: true, because: 'a delete by a range would be refused' },
  { name: 'sql_auto_is_null', value: '0', because: '`id IS NULL` would find the last inserted row' },
  {
    name: 'sql_buffer_result',
    value: '0',
    asserted: true,
    because: 'values are printed from a temporary table, with other digits',
  },
  { name: 'sql_quote_show_create', value: '1', because: 'SHOW CREATE TABLE would print other text' },
  { name: 'sql_notes', value: '1', because: 'warnings of a lost value are counted' },
  { name: 'max_sort_length', value: '1024', because: 'values are ordered by so many bytes' },
  {
    name: 'group_concat_max_len',
    value: '16777216',
    asserted: true,
    because: 'a shorter one cuts the fingerprint of the columns',
  },
  {
    name: 'optimizer_switch',
    // 'default' would be the global value's.
    value: "'mrr=off'",
    because: 'rows of a page are read in another order, by the key or by the time',
  },
  {
    name: 'range_alloc_block_size',
    value: '4096',
    because:
      'a block that is larger than the memory of the range optimizer turns a range into a full scan, with a warning',
  },
  { name: 'div_precision_increment', value: '4', because: 'a division is printed with so many digits' },
  { name: 'default_week_format', value: '0', because: 'WEEK() means another week' },
  { name: 'lc_time_names', value: "'en_US'", because: 'names of days and months are printed in it' },
  { name: 'lock_wait_timeout', value: '10', because: 'the default waits a day or a year for a metadata lock' },
  { name: 'innodb_lock_wait_timeout', value: '5', because: 'a chunk that waits for a row holds up others' },
  { name: 'wait_timeout', value: String(idleSeconds), because: 'the locks of a stopped worker live as long' },
  { name: 'net_read_timeout', value: '60', because: 'a shorter one hangs up on a large statement' },
  { name: 'net_write_timeout', value: '120', because: 'a shorter one hangs up while a page is read' },
  { name: 'default_storage_engine', value: "'InnoDB'", because: 'the ledger needs transactions' },
  { name: 'sql_log_bin', value: '1', asserted: true, because: 'replicas would keep rows that were purged' },
  { name: 'max_execution_time', value: '0', on: 'mysql', because: 'a long read would be ended' },
  {
    name: 'range_optimizer_max_mem_size',
    value: '8388608',
    on: 'mysql',
    because: 'a smaller one turns a range into a full scan, with a warning',
  },
  { name: 'show_create_table_verbosity', value: '0', on: 'mysql', because: 'SHOW CREATE TABLE would print other text' },
  {
    name: 'show_gipk_in_create_table_and_information_schema',
    value: '1',
    on: 'mysql',
    because: 'a generated primary key would be hidden from the catalogue',
  },
  { name: 'max_statement_time', value: '0', on: 'mariadb', because: 'a long statement would be ended' },
  {
    name: 'tmp_disk_table_size',
    value: largest,
    on: 'mariadb',
    because: 'a look into the catalogue would end with a full table',
  },
  {
    name: 'sort_buffer_size',
    value: '2097152',
    on: 'mariadb',
    because: 'a sort in a few bytes is refused (1038)',
  },
  { name: 'max_session_mem_used', value: '9223372036854775807', on: 'mariadb', because: 'a statement would be ended' },
  {
    name: 'system_versioning_asof',
    value: 'DEFAULT',
    on: 'mariadb',
    asserted: true,
    because: 'a read would show an older table',
  },
  { name: 'check_constraint_checks', value: '1', on: 'mariadb', because: 'rows that come back would not be checked' },
  { name: 'idle_transaction_timeout', value: '0', on: 'mariadb', because: 'a transaction would be cut off' },
  { name: 'idle_readonly_transaction_timeout', value: '0', on: 'mariadb', because: 'a snapshot would be cut off' },
  { name: 'idle_write_transaction_timeout', value: '0', on: 'mariadb', because: 'a transaction would be cut off' },
  { name: 'query_cache_type', value: "'OFF'", on: 'mariadb', because: 'an answer could be an older one' },
  { name: 'alter_algorithm', value: "'DEFAULT'", on: 'mariadb', because: 'an ALTER of the ledger would be refused' },
  { name: 'sql_if_exists', value: '0', on: 'mariadb', because: 'a DDL statement would succeed without its table' },
];

/** The names of those that the session has with another value, in a list, as an expression of a procedure. */
export function unpinnedExpression(flavor: Flavor, level: Isolation = 'READ COMMITTED'): string {
  const isolation = flavor === 'mysql' ? 'transaction_isolation' : 'tx_isolation';
  const asserted = pinnedVariables.filter((each) => each.asserted && (each.on ?? flavor) === flavor);
  const tests = [...asserted, { name: isolation, value: `'${level.replace(' ', '-')}'` }].map(({ name, value }) => {
    const wanted = value === 'DEFAULT' || /^[a-z]/.test(value) ? `'${value}'` : value;
    return `IF(@@session.${name} <> ${wanted}, '${name}', NULL)`;
  });
  return `CONCAT_WS(', ', ${tests.join(', ')})`;
}
