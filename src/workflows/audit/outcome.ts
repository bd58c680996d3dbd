/** What an audit has found so far, in JSON; continue-as-new carries it. */
export interface AuditOutcome {
  daysRead: number;
  rows: number;
  bytes: number;
  daysDamaged: number;
  tablesFailed: number;
  /** What is wrong in a table's folders, its bucket or its catalogue, by table; left out where the run wasn't asked to look. */
  foldersWrong?: Record<string, string>;
  /** What was deleted because its time was over, and why the rest was not; left out where the run wasn't asked to. */
  expired?: { days: number; bytes: number; versions: number; refused: Record<string, string> };
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
  { daysRead, rows, daysDamaged, tablesFailed, expired, foldersWrong = {} }: AuditOutcome,
  format: (rows: number) => string = String,
): string {
  const days = (count: number) => `${count} ${count === 1 ? 'day' : 'days'}`;
  const others = expired && expired.days > 0 ? [`${days(expired.days)} expired and deleted`] : [];
  const wrong = Object.keys(foldersWrong).length;
  if (wrong > 0) others.push(`findings in the folders of ${wrong} ${wrong === 1 ? 'table' : 'tables'}`);
  const waits = Object.keys(expired?.refused ?? {}).length;
  if (waits > 0) others.push(`${days(waits)} expired and could not be deleted`);
  if (daysRead === 0 && tablesFailed === 0) return ['no archived day to read', ...others].join('; ');
  const found = daysDamaged > 0 ? `${days(daysDamaged)} damaged` : 'each chunk is what MySQL once said it was';
  const unread = tablesFailed > 0 ? [`${tablesFailed} tables could not be read to their end`] : [];
  return [`${days(daysRead)} read back, ${format(rows)} rows`, found, ...unread, ...others].join('; ');
}

export function auditTable(outcome: AuditOutcome): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const found = [
    ...Object.entries(outcome.damaged),
    ...Object.entries(outcome.failed),
    ...Object.entries(outcome.foldersWrong ?? {}),
    ...Object.entries(outcome.expired?.refused ?? {}),
  ].slice(0, 30);
  const lines = found.map(([where, text]) => `| ${cell(where)} | ${cell(text)} |`);
  return [auditInWords(outcome), ...(lines.length > 0 ? ['', '| where | what |', '|---|---|', ...lines] : [])].join(
    '\n',
  );
}
