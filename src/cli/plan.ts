import { type ChosenEngine, choiceOf } from '../aurora/chooseEngine.ts';
import { sentence } from '../checks/check.ts';
import { checkArchived, passed } from '../checks/openTable.ts';
import { lastDueDay } from '../config/cutoff.ts';
import type { Config } from '../config/load.ts';
import { findPolicy, type TablePolicy } from '../config/policy.ts';
import { windowOf } from '../job/tableTime.ts';
import { Ledger } from '../ledger/ledger.ts';
import { type LedgerReport, readLedgerReport } from '../ledger/report.ts';
import { type Day, daysBetween, type TimeColumnKind } from '../model/day.ts';
import { isPurgeable, wasArchived } from '../model/partitionState.ts';
import { type DaysEstimate, estimateDays } from '../mysql/estimate/dayEstimate.ts';
import { deleteStatement, estimateRange } from '../mysql/estimate/rangeEstimate.ts';
import { readAuroraFacts } from '../mysql/schema/auroraFacts.ts';
import { TableRefused, type TableSchema } from '../mysql/schema/tableSchema.ts';
import type { Session } from '../mysql/session/session.ts';
import type { Rate } from '../pacing/eta.ts';
import { findBeginning } from '../plan/planPage.ts';
import { type CommonOptions, exitCodes, print } from './output.ts';
import { readOnly } from './readOnly.ts';
import { screen } from './screen.ts';
import type { StatusFacts } from './status/facts.ts';
import { lastRate } from './status/rate.ts';
import { readStates } from './status/snapshot.ts';
import { tableState } from './status/tableState.ts';
import { reportTable, type TableReport } from './status/tableStatus.ts';
import { commandFor } from './text/explainText.ts';
import { type PlannedTable, planLines, type SomeDays } from './text/planText.ts';
import { paint } from './text/terminal.ts';

/** A dry run on the real data, in a session that can't write (pitfall P52: a dry run that writes). */
export async function plan(config: Config, options: CommonOptions, names: readonly string[]): Promise<number> {
  const policies = names.length === 0 ? config.tables : names.map((name) => findPolicy(config, name));
  return readOnly(config, async (session) => {
    const ledger = await readLedgerReport(session, config.source.ledger);
    const facts = await readStates(session, { ...config, tables: [...policies] }, ledger);
    const tables: PlannedTable[] = [];
    for (const [index, policy] of policies.entries()) {
      const planned = await planTable(session, config, policy, ledger);
      const report = facts.tables[index];
      if (report) tables.push({ ...planned, ...stateOfTable(report, facts) });
    }
    const { tty, width, colour } = screen();
    print(options, { now: ledger.now, tables }, paint(planLines(tables, width, ledger.now), tty && colour));
    return exitCodes.ok;
  });
}

/** What the table does now, by what its worker runs, as `status` says it: a plan is made by the command's config. */
function stateOfTable(report: TableReport, facts: StatusFacts): Pick<PlannedTable, 'state' | 'command'> {
  const state = tableState(report, facts);
  return { state, command: commandFor({ report, facts, state }) };
}

async function planTable(
  session: Session,
  config: Config,
  policy: TablePolicy,
  ledger: LedgerReport,
): Promise<Omit<PlannedTable, 'state' | 'command'>> {
  const report = reportTable(policy, config.schedule.at, ledger, false);
  const planned: Omit<PlannedTable, 'state' | 'command'> = {
    report,
    policy,
    refused: null,
    warnings: [],
    archive: null,
    purge: null,
    deletes: null,
  };
  const { exportReplica } = config.source;
  const engine = await engineOf(session, policy, config);
  if (engine) planned.engine = engine;
  if (policy.export?.from === 'replica' && exportReplica) planned.readsReplica = exportReplica.name;
  try {
    const looked = await checkArchived(new Ledger(session, config.source.ledger), policy, { moment: 'doctor', config });
    const { schema, kind } = passed(policy, looked);
    const table: OpenTable = { session, policy, schema, kind };
    const days = ledger.days.get(report.table) ?? [];
    const archived = new Set(days.filter((each) => wasArchived(each.state)).map((each) => each.day));
    const recorded = ledger.firstDays.get(report.table);
    const { first, earlier } = await findBeginning(table, recorded);
    const last = lastDueDay(ledger.now, config.schedule.at, policy.zone);
    const closed = first ? [...earlier, ...daysBetween(first, last)] : [];
    const missing = closed.filter((day) => !archived.has(day));
    const overdue = missing.filter((day) => day < report.cutoff);
    // What is to be purged is a part of what is to be archived, so that the two never disagree.
    const late = await estimateOf(table, overdue);
    const later = await estimateOf(
      table,
      missing.filter((day) => day >= report.cutoff),
    );
    const archive = someDays(missing, late.rows + later.rows, late.bytes + later.bytes);
    const due = days.filter((each) => each.day < report.cutoff && isPurgeable(each.state));
    const over = [...due.map((each) => each.day), ...overdue].sort();
    const oldest = over[0] ?? first;
    return {
      ...planned,
      warnings: looked.findings.map(sentence),
      archive,
      purge: someDays(over, report.rowsDue + late.rows, report.bytesDue + late.bytes),
      deletes: oldest ? await explainDeletes(table, oldest, lastRate(days)) : null,
    };
  } catch (error) {
    if (error instanceof TableRefused) return { ...planned, refused: error.reason };
    if (!(error instanceof Error)) throw error;
    // A connection that still answers says that the fault is the table's; a dead one ends the whole plan.
    await session.rows('SELECT 1');
    return { ...planned, refused: error.message };
  }
}

/** Which engine exports the table, where there is a choice; a refusal is the table's own. */
async function engineOf(session: Session, policy: TablePolicy, config: Config): Promise<ChosenEngine | undefined> {
  try {
    const facts = await readAuroraFacts(session);
    return facts || policy.engine === 'aurora' ? choiceOf(facts, policy, config) : undefined;
  } catch (error) {
    if (!(error instanceof TableRefused)) throw error;
    return { engine: 'aurora', why: error.reason };
  }
}

interface OpenTable {
  session: Session;
  policy: TablePolicy;
  schema: TableSchema;
  kind: TimeColumnKind;
}

/** Rows counted by the index, within a bound; bytes as CSV, by some rows. */
function estimateOf(table: OpenTable, days: readonly Day[]): Promise<DaysEstimate> {
  const windows = days.map((day) => windowOf(table.policy, table.kind, day));
  return estimateDays(table.session, table.schema, windows);
}

function someDays(days: readonly Day[], rows: number, bytes: number): SomeDays | null {
  const from = days[0];
  const to = days.at(-1);
  return from && to ? { count: days.length, from, to, rows, bytes } : null;
}

function windowBetween({ policy, kind }: OpenTable, from: Day, to: Day) {
  return { start: windowOf(policy, kind, from).start, end: windowOf(policy, kind, to).end };
}

async function explainDeletes(table: OpenTable, day: Day, seen: Rate | null): Promise<PlannedTable['deletes']> {
  const { session, schema, policy } = table;
  const window = windowBetween(table, day, day);
  // The policy's limit holds all day long, so the rate counts as observed over a day.
  const limit = policy.maxRowsPerSecond > 0 ? { rowsPerSecond: policy.maxRowsPerSecond, seconds: 86_400 } : null;
  const limited = limit !== null && (seen === null || limit.rowsPerSecond < seen.rowsPerSecond);
  return {
    index: schema.index,
    columns: schema.cursorColumns.map((column) => column.name),
    timeType: schema.timeColumn.columnType,
    statement: deleteStatement(schema, window),
    explain: await estimateRange(session, schema, window),
    pace: limited ? limit : seen,
    paceFrom: limited ? 'maxRowsPerSecond' : 'seen',
  };
}
