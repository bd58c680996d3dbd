/** What an audit has found so far, in JSON; continue-as-new carries it. */
export interface AuditOutcome {
  daysRead: number;
  rows: number;
  bytes: number;
  daysDamaged: number;
  tablesFailed: number;
  /** What is wrong, by `table day`; the first hundred. */
  damaged: Record<string, string>;
  /** Why a table couldn't be read to its end, by table; the first hundred. */
  failed: Record<string, string>;
}

const listed = 100;
const textLength = 400;

export function startAudit(): AuditOutcome {
  return { daysRead: 0, rows: 0, bytes: 0, daysDamaged: 0, tablesFailed: 0, damaged: {}, failed: {} };
}

export function noteRead(
  outcome: AuditOutcome,
  tableDay: string,
  read: { rows: number; bytes: number; finding: string | null },
): void {
  outcome.daysRead++;
  outcome.rows += read.rows;
  outcome.bytes += read.bytes;
  if (read.finding === null) return;
  outcome.daysDamaged++;
  if (Object.keys(outcome.damaged).length < listed) outcome.damaged[tableDay] = read.finding.slice(0, textLength);
}

export function noteUnread(outcome: AuditOutcome, table: string, reason: string): void {
  if (table in outcome.failed) return;
  outcome.tablesFailed++;
  if (Object.keys(outcome.failed).length < listed) outcome.failed[table] = reason.slice(0, textLength);
}

/** The outcome in a sentence; `format` writes the number of rows. */
export function auditInWords(
  { daysRead, rows, daysDamaged, tablesFailed }: AuditOutcome,
  format: (rows: number) => string = String,
): string {
  const days = (count: number) => `${count} ${count === 1 ? 'day' : 'days'}`;
  if (daysRead === 0 && tablesFailed === 0) return 'no archived day to read';
  const found = daysDamaged > 0 ? `${days(daysDamaged)} damaged` : 'each chunk is what MySQL once said it was';
  const unread = tablesFailed > 0 ? [`${tablesFailed} tables could not be read to their end`] : [];
  return [`${days(daysRead)} read back, ${format(rows)} rows`, found, ...unread].join('; ');
}

export function auditTable(outcome: AuditOutcome): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const found = [...Object.entries(outcome.damaged), ...Object.entries(outcome.failed)].slice(0, 30);
  const lines = found.map(([where, text]) => `| ${cell(where)} | ${cell(text)} |`);
  return [auditInWords(outcome), ...(lines.length > 0 ? ['', '| where | what |', '|---|---|', ...lines] : [])].join(
    '\n',
  );
}
