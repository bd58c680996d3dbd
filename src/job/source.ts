import { randomBytes } from 'node:crypto';
import type { KeyPlace } from '../archive/keys.ts';
import type { Config } from '../config/load.ts';
import { findPolicy, type TablePolicy } from '../config/policy.ts';
import { withFileColumns } from '../ledger/fileColumns.ts';
import { Ledger, type PartitionKey } from '../ledger/ledger.ts';
import {
  type Day,
  type DayWindow,
  dayOf,
  dayWindow,
  firstOpenDay,
  parseDay,
  type TimeColumnKind,
  undatedDay,
} from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import { cursorLiteral } from '../mysql/expressions.ts';
import { HealthMonitor } from '../mysql/health/health.ts';
import { identifier, qualified } from '../mysql/quote.ts';
import { readTableSchema, TableRefused, type TableSchema } from '../mysql/schema/tableSchema.ts';
import { type Isolation, Session } from '../mysql/session.ts';
import { earliestTime } from '../mysql/undatedRows.ts';
import { ObjectStore } from '../s3/store.ts';
import type { PartitionInput } from './attempt.ts';

/** What every activity works with: one source's config, and the doors to its server and its bucket. */
export class Source {
  readonly store: ObjectStore;
  /** Asked between transactions and between pages; looks only while it is asked. */
  readonly health: HealthMonitor;
  #conditionalWrites: Promise<boolean> | undefined;

  constructor(readonly config: Config) {
    this.store = new ObjectStore(config.store);
    this.health = new HealthMonitor(config.source);
  }

  open(isolation: Isolation): Promise<Session> {
    return Session.open(this.config.source, isolation);
  }

  /** Runs `work` on a connection with the ledger and closes it, come what may. */
  async withLedger<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
    const session = await this.open('READ COMMITTED');
    try {
      return await work(new Ledger(session, this.config.source.ledger));
    } finally {
      session.close();
    }
  }

  /** Whether the store refuses to write a key twice, proved once a process; without that nothing is purged against it. */
  conditionalWrites(): Promise<boolean> {
    this.#conditionalWrites ??= this.store.probe().then(
      (abilities) => abilities.conditionalWrites,
      (error) => {
        this.#conditionalWrites = undefined;
        throw error;
      },
    );
    return this.#conditionalWrites;
  }

  place(policy: TablePolicy): KeyPlace {
    const { prefix, layout } = this.config.store;
    return { prefix, layout, database: policy.database, table: policy.table };
  }

  close(): void {
    this.health.close();
    this.store.close();
  }
}

/** For one look at a source's ledger: opens and closes everything by itself. */
export async function withLedger<T>(config: Config, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const source = new Source(config);
  try {
    return await source.withLedger(work);
  } finally {
    source.close();
  }
}

/** What an activity's input names. @throws UnknownTable, InvalidDay */
export function partitionOf(source: Source, input: PartitionInput): { policy: TablePolicy; key: PartitionKey } {
  const policy = findPolicy(source.config, input.table);
  return {
    policy,
    key: {
      database: policy.database,
      table: policy.table,
      day: input.day === undatedDay ? undatedDay : parseDay(input.day),
    },
  };
}

/** @throws TableRefused where no rule says how the column tells the time */
export function timeKind(policy: TablePolicy, schema: TableSchema): TimeColumnKind {
  const { dataType, name } = schema.timeColumn;
  const shown = formatTableName(policy);
  if (dataType === 'date' || dataType === 'datetime' || dataType === 'timestamp') return dataType;
  if (!dataType.endsWith('int')) throw new TableRefused(shown, `${name} is ${dataType}, which holds no time`);
  if (policy.timeKind) return policy.timeKind;
  throw new TableRefused(shown, `${name} is ${dataType}; say timeKind: epochSeconds or timeKind: epochMillis`);
}

export async function openTable(
  session: Session,
  policy: TablePolicy,
): Promise<{ schema: TableSchema; kind: TimeColumnKind }> {
  const schema = await readTableSchema(session, policy, policy.timeColumn, policy);
  return { schema, kind: timeKind(policy, schema) };
}

/** The table with its columns in file order, for whoever writes rows or proves them. @throws TableRefused, UnknownColumnType */
export async function openArchived(
  ledger: Ledger,
  policy: TablePolicy,
): Promise<{ schema: TableSchema; kind: TimeColumnKind }> {
  const { schema, kind } = await openTable(ledger.session, policy);
  return { schema: await withFileColumns(ledger, schema), kind };
}

export function windowOf(policy: TablePolicy, kind: TimeColumnKind, day: Day): DayWindow {
  return dayWindow(day, kind, policy.zone, policy.datetimeZone ?? 'policy');
}

/** MySQL's today in the policy's zone: the worker's own clock decides nothing (P37). */
export async function serverToday(session: Session, policy: TablePolicy): Promise<Day> {
  return dayOf(await serverNow(session), policy.zone);
}

/** The first day that isn't closed and settled, by MySQL's clock. */
export async function serverOpenDay(session: Session, policy: TablePolicy): Promise<Day> {
  return firstOpenDay(await serverNow(session), policy.zone, policy.settle);
}

async function serverNow(session: Session): Promise<string> {
  const [row] = await session.rows("SELECT DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%sZ') AS now");
  return String(row?.now);
}

export function newSalt(): string {
  return randomBytes(16).toString('hex');
}

/** The day of the table's oldest dated row; with `from`, of the oldest one from there on, as a window writes it. One look into the index. */
export async function oldestDay(
  session: Session,
  policy: TablePolicy,
  schema: TableSchema,
  kind: TimeColumnKind,
  from?: string,
): Promise<Day | undefined> {
  const column = identifier(schema.timeColumn.name);
  const table = qualified(schema.database, schema.table);
  const [row] = await session.rows(
    `SELECT MIN(${column}) AS oldest FROM ${table} WHERE ${column} >= ${from === undefined ? earliestTime(kind) : cursorLiteral(schema.timeColumn, from)}`,
  );
  const oldest = row?.oldest;
  if (oldest === null || oldest === undefined) return undefined;
  if (kind === 'date' || (kind === 'datetime' && policy.datetimeZone !== 'UTC'))
    return parseDay(String(oldest).slice(0, 10));
  if (kind === 'epochMillis') return dayOf(new Date(Number(oldest)).toISOString(), policy.zone);
  if (kind === 'epochSeconds') return dayOf(new Date(Number(oldest) * 1000).toISOString(), policy.zone);
  return dayOf(`${String(oldest).slice(0, 19).replace(' ', 'T')}Z`, policy.zone);
}
