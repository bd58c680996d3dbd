/** What a drill has found so far, in JSON; continue-as-new carries it. */
export interface DrillOutcome {
  tables: number;
  rows: number;
  /** What was restored and proved, by table; the first hundred. */
  drilled: Record<string, { day: string; rows: number; seconds: number }>;
  /** Why a day couldn't be restored, by `table day`; the first hundred. */
  failed: Record<string, string>;
  tablesFailed: number;
  /** Tables without a day that can be drilled: the first hundred. */
  without: string[];
}

const listed = 100;
const textLength = 400;

export function startDrill(without: readonly string[] = []): DrillOutcome {
  return { tables: 0, rows: 0, drilled: {}, failed: {}, tablesFailed: 0, without: without.slice(0, listed) };
}

export function noteDrilled(
  outcome: DrillOutcome,
  { table, day }: { table: string; day: string },
  { rows, seconds, finding }: { rows: number; seconds: number; finding: string | null },
): void {
  outcome.tables++;
  if (finding !== null) {
    outcome.tablesFailed++;
    if (Object.keys(outcome.failed).length < listed) outcome.failed[`${table} ${day}`] = finding.slice(0, textLength);
    return;
  }
  outcome.rows += rows;
  if (Object.keys(outcome.drilled).length < listed) outcome.drilled[table] = { day, rows, seconds };
}

/** The outcome in a sentence; `format` writes the number of rows. */
export function drillInWords(outcome: DrillOutcome, format: (rows: number) => string = String): string {
  const { tables, rows, tablesFailed, without } = outcome;
  if (tables === 0) return 'no table has a day that can be drilled';
  const days = (count: number) => `${count} ${count === 1 ? 'day' : 'days'}`;
  return [
    `${days(tables - tablesFailed)} restored and proved, ${format(rows)} rows, and dropped again`,
    ...(tablesFailed > 0 ? [`${days(tablesFailed)} could not be restored`] : []),
    ...(without.length > 0 ? [`no day of ${without.slice(0, 3).join(', ')} can be drilled`] : []),
  ].join('; ');
}
