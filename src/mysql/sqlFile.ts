import { readFileSync } from 'node:fs';

/**
 * Reads a statement from sql/: puts the file in where it says `{{> folder/file}}`, then fills its `{{placeholders}}`.
 * @throws RangeError on one that isn't given
 */
export function sqlFile(path: string, values: Readonly<Record<string, string>>): string {
  return readSql(path).replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`sql/${path} wants {{${name}}}`);
    return value;
  });
}

function readSql(path: string): string {
  const text = readFileSync(new URL(`../../sql/${path}`, import.meta.url), 'utf8');
  return text.replaceAll(/\{\{> ([\w/]+)\}\}/g, (_, name: string) => readSql(`${name}.sql`).trimEnd());
}
