import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../src/checks/', import.meta.url));
const page = readFileSync(new URL('../../docs/checks.md', import.meta.url), 'utf8');

test('docs/checks.md has a row for each check of the code, with its scope and moments, and no other', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const inCode = files.flatMap((file) => {
    const text = readFileSync(`${folder}${file}`, 'utf8');
    const [, name, scope, when = ''] =
      /: Check<\w+> = \{\n {2}name: '(\w+)',\n {2}scope: '(\w+)',\n {2}when: \[([^\]]+)\]/.exec(text) ?? [];
    return name ? [`${name} | ${scope} | ${when.replaceAll("'", '')}`] : [];
  });
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const inPage = rows.map((row) => {
    const [, name = '', scope = '', when = ''] = row.split('|').map((cell) => cell.trim());
    return `${name.replaceAll('`', '')} | ${scope} | ${when}`;
  });
  expect(inCode.length).toBeGreaterThan(10);
  expect(inPage.sort()).toEqual(inCode.sort());
});
