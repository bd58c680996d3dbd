import type { Cursor } from '../archive/chunk.ts';
import type { Digest } from '../archive/digest.ts';
import type { Day } from '../model/day.ts';
import { cursorLiteral, digestQuery } from '../mysql/expressions.ts';
import { identifier, literal } from '../mysql/quote.ts';
import { rangePredicate } from '../mysql/range.ts';
import { denseKey, sparsest } from '../mysql/read/keyDensity.ts';
import { namingForeignKeys } from '../mysql/schema/foreignKeys.ts';
import { ruleQuery } from '../mysql/schema/ruleQuery.ts';
import { indexedTable, type TableSchema } from '../mysql/schema/tableSchema.ts';
import type { Session } from '../mysql/session/session.ts';
import { unpinnedExpression } from '../mysql/session/sessionVariables.ts';
import { parameterType, windowType } from './columnParameters.ts';
import { ruleValues } from './mayDelete.ts';
import { renderProcedure, type StoredProcedure } from './storedProcedure.ts';

export type PurgeOutcome = 'deleted' | 'fenced' | 'held' | 'fuse' | 'drift' | 'schema' | 'raced';

/** What one transaction proves and deletes: a run of adjacent chunks, and what the archive says of it. */
export interface PurgeRun {
  day: Day;
  /** The day's bounds, as the ledger's row has them. */
  window: { start: string; end: string };
  epoch: number;
  /** The cursor that the ledger must have; null before the first chunk. */
  cursor: Cursor | null;
  /** The ledger's cursor afterwards. */
  nextCursor: Cursor | null;
  /** Rows after this cursor; undefined: from the day's start. */
  from: Cursor | undefined;
  /** Up to and with this cursor; undefined: to the day's end. */
  to: Cursor | undefined;
  manifestVersion: string;
  digest: Digest;
  salt: string;
  fingerprint: string;
  /** Rows that the policy lets the table lose per UTC day; 0 for no fuse. */
  fuseRows: number;
  chunks: number;
}

/** Every column is named under this alias, because a procedure's variable would hide a column of its name, such as p_salt. */
const alias = 'purged';

/** The purge procedure of a table. */
export function purgeProcedure(session: Session, ledger: string, schema: TableSchema): StoredProcedure {
  const window = { start: 'p_window_start', end: 'p_window_end' };
  const from = schema.cursorColumns.map((_, index) => `p_from_${index}`);
  const to = schema.cursorColumns.map((_, index) => `p_to_${index}`);
  const time = windowType(schema.timeColumn);
  const typed = (names: string[]) =>
    schema.cursorColumns.map((column, index) => `${names[index]} ${parameterType(column)}`);
  const parameters = [
    'p_shape TINYINT',
    `${window.start} ${time}`,
    `${window.end} ${time}`,
    ...typed(from),
    ...typed(to),
  ];
  // Four shapes, because the optimizer finds no range if an open bound is behind an OR.
  const shapes = [
    { from: undefined, to: undefined },
    { from, to: undefined },
    { from: undefined, to },
    { from, to },
  ].map((bounds) => rangePredicate(schema.cursorColumns, window, bounds, alias));
  const byTime = indexedTable(schema, `AS ${alias}`);
  const byKey = indexedTable({ ...schema, index: 'PRIMARY' }, `AS ${alias}`);
  const key = denseKey(schema);
  const keyName = key && `${alias}.${identifier(key.name)}`;
  const paths = shapes.map((where) => ({ source: byTime, where }));
  if (key)
    for (const where of shapes)
      paths.push({ source: byKey, where: `${keyName} BETWEEN v_low AND v_high AND ${where}` });
  const choose = (
    variable: string,
    among: readonly { source: string; where: string }[],
    statement: (source: string, where: string) => string,
  ) =>
    `  CASE ${variable}\n${among.map(({ source, where }, index) => `    WHEN ${index} THEN ${statement(source, where)};`).join('\n')}\n  END CASE;`;
  const each = (statement: (source: string, where: string) => string) => choose('v_path', paths, statement);
  const located = (source: string, where: string) =>
    `SELECT COUNT(*), MIN(${keyName}), MAX(${keyName}) INTO v_found, v_low, v_high FROM ${source} WHERE ${where}`;
  const values = {
    ...ruleValues(ledger, schema, session.flavor),
    rules_again: session.flavor === 'mysql' && schema.children.length === 0 ? '' : rulesAgain(session, schema),
    // A chunk isn't split, so a fuse below one chunk would hold the day for ever. The first chunk of a UTC day passes.
    exception: ' AND NOT (v_today = 0 AND p_chunks = 1)',
    parameters: parameters.map((parameter) => `, IN ${parameter}`).join(''),
    unpinned: unpinnedExpression(session.flavor),
    bounds: key ? `DECLARE v_low, v_high ${parameterType(key)} DEFAULT NULL;` : '',
    locate: key
      ? `${choose('p_shape', paths.slice(0, shapes.length), located)}
  IF v_found > 0 AND CAST(v_high AS DECIMAL(20)) - v_low < ${sparsest} * v_found THEN SET v_path = p_shape + ${shapes.length}; END IF;`
      : '',
    // MySQL locks and digests in one scan; MariaDB locks nothing in a derived table.
    lock:
      session.flavor === 'mysql'
        ? ''
        : each((source, where) => `SELECT COUNT(*) INTO v_locked FROM ${source} WHERE ${where} FOR UPDATE`),
    prove: each((source, where) =>
      digestQuery(
        { columns: schema.columns, salt: 'p_salt', from: source, where, alias, locking: session.flavor === 'mysql' },
        session.flavor,
        'INTO v_rows, v_xor, v_lost',
      ),
    ),
    locked: session.flavor === 'mysql' ? 'SET v_locked = v_rows;' : '',
    delete: each(
      (source, where) => `BEGIN DELETE FROM ${alias} USING ${source} WHERE ${where}; SET v_deleted = ROW_COUNT(); END`,
    ),
  };
  return renderProcedure('purge', ledger, values);
}

/**
 * Proves and deletes one run in one transaction on the server. Any outcome but 'deleted' means that nothing was changed.
 * @throws RowsReferredTo, or the driver's error
 */
export async function callPurge(
  session: Session,
  procedure: StoredProcedure,
  schema: TableSchema,
  run: PurgeRun,
): Promise<{ outcome: PurgeOutcome; detail: string }> {
  const bound = (cursor: Cursor | undefined) =>
    schema.cursorColumns.map((column, index) => (cursor ? cursorLiteral(column, cursor[index] ?? '') : 'NULL'));
  const shape = (run.from ? 1 : 0) + (run.to ? 2 : 0);
  const time = schema.timeColumn;
  const json = (cursor: Cursor | null) => (cursor ? literal(JSON.stringify(cursor)) : 'NULL');
  const values = [
    literal(run.day),
    run.epoch,
    json(run.cursor),
    json(run.nextCursor),
    literal(run.manifestVersion),
    run.digest.rows,
    literal(run.digest.xor),
    literal(run.salt),
    literal(run.fingerprint),
    literal(schema.rules),
    run.fuseRows,
    run.chunks,
    shape,
    cursorLiteral(time, run.window.start),
    cursorLiteral(time, run.window.end),
    ...bound(run.from),
    ...bound(run.to),
  ];
  const result = await session
    .rows<unknown>(`CALL ${procedure.name}(${values.join(', ')})`)
    .catch(async (error: unknown) => Promise.reject(await namingForeignKeys(session, schema, run.day, error)));
  const first = result[0] as { outcome: PurgeOutcome; detail: string }[] | undefined;
  const row = first?.[0];
  if (!row) throw new Error(`${procedure.name} answered nothing; the ledger tells what it did`);
  return { outcome: row.outcome, detail: String(row.detail) };
}

/**
 * MariaDB lets a foreign key be created under the parent's metadata lock, and no server locks a child table before the
 * delete. So the rules are read again after the delete, which is rolled back if a key was created meanwhile.
 */
function rulesAgain(session: Session, schema: TableSchema): string {
  return `  SELECT rules INTO v_rules FROM (${ruleQuery(session.flavor, schema)}) AS rules_then;
  IF NOT (v_rules <=> p_rules) THEN
    ROLLBACK; SELECT 'schema' AS outcome, 'a foreign key was created during the delete' AS detail; LEAVE proved_delete;
  END IF;`;
}
