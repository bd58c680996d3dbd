/** A cell as code, because the web UI's tables have no space between their columns and code has its own. */
export function code(text: string): string {
  return text.includes('`') ? cell(text) : `\`${cell(text)}\``;
}

export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** Names and values as a table without a head. */
export function facts(entries: readonly (readonly [name: string, value: string])[]): string[] {
  return ['| | |', '|---|---|', ...entries.map(([name, value]) => `| ${name} | ${value} |`)];
}
