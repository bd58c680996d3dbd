const firstFields = ['table', 'day'];
const leftOut = new Set(['level', 'time', 'msg', 'source', 'workflow', 'error', ...firstFields]);

/**
 * A JSON log line for a terminal: `01:30:02 info  exportPartition is done  shop.orders 2026-11-21  rows=1204 parts=1`. One
 * that says what became of a day has all of it in its words.
 */
export function formatLine(json: string): string {
  const line = JSON.parse(json) as Record<string, unknown>;
  const error = line.error as { message?: string; stack?: string } | undefined;
  if (line.event !== undefined && !error)
    return `${String(line.time).slice(11, 19)}  ${String(line.level).padEnd(5)}  ${line.msg}\n`;
  const rest = Object.entries(line).filter(([name]) => !leftOut.has(name));
  const columns = [
    String(line.time).slice(11, 19),
    String(line.level).padEnd(5),
    String(line.msg),
    firstFields.flatMap((name) => (line[name] === undefined ? [] : [String(line[name])])).join(' '),
    rest.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' '),
  ];
  const trouble = error ? `\n  ${error.stack ?? error.message}` : '';
  return `${columns.filter((column) => column !== '').join('  ')}${trouble}\n`;
}
