import { readFileSync } from 'node:fs';

/** Reads a statement from sql/ and fills its `{{placeholders}}`. @throws RangeError on one that isn't given */
export function sqlFile(path: string, values: Readonly<Record<string, string>>): string {
  const template = readFileSync(new URL(`../../sql/${path}`, import.meta.url), 'utf8');
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`sql/${path} wants {{${name}}}`);
    return value;
  });
}
