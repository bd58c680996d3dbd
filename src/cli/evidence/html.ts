const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML shows it, whatever a table, a person or a reason is called. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => entities[letter] ?? '');
}

/** A table; cells are HTML. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], kind = ''): string {
  const cells = (row: readonly string[], tag: 'th' | 'td') =>
    row.map((cell) => `<${tag}${tag === 'th' ? ' scope="col"' : ''}>${cell}</${tag}>`).join('');
  const body = rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n');
  return `<table class="${kind}"><thead><tr>${cells(head.map(escaped), 'th')}</tr></thead><tbody>\n${body}\n</tbody></table>`;
}

export const style = `
:root { --ink: #1b1f23; --soft: #57606a; --line: #d0d7de; --good: #1a7f37; --bad: #b42318; --bar: #2f6f9f; }
* { box-sizing: border-box; }
body { font: 14px/1.45 system-ui, sans-serif; color: var(--ink); margin: 2rem auto; max-width: 62rem; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem; } h2 { font-size: 1.25rem; margin: 2.2rem 0 .5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.3rem 0 .4rem; } p { margin: .4rem 0; } .soft { color: var(--soft); }
code, .key { font: 12px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { font: 12px/1.45 ui-monospace, monospace; background: #f6f8fa; padding: .7rem; overflow-x: auto; white-space: pre-wrap; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0; } th { text-align: left; font-weight: 600; }
th, td { padding: .2rem .5rem; border-bottom: 1px solid var(--line); vertical-align: top; }
table.objects td, table.events td { font-size: 12px; } td.number { text-align: right; }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
.plots { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; } figure { margin: 0; } figcaption { font-weight: 600; font-size: 13px; }
svg { width: 100%; height: auto; } svg text { font: 10px system-ui, sans-serif; fill: var(--soft); }
.day { break-inside: avoid; border-top: 1px solid var(--line); padding-top: .2rem; margin-top: .8rem; }
@media print { body { margin: 0; max-width: none; font-size: 11px; padding: 0; } h2 { break-before: page; } h2.first { break-before: auto; }
  pre { white-space: pre-wrap; } * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
@page { size: A4; margin: 14mm; }`;
