import { z } from 'zod';
import { nearest } from './nearest.ts';
import { configSchema } from './schema.ts';

/** What is wrong with the value or the key at a path. */
interface Complaint {
  path: readonly PropertyKey[];
  message: string;
  /** Whether the key is at fault rather than its value. */
  ofKey?: boolean;
}

/** What to write where a required key is missing. */
const examples: Record<string, string> = {
  source: 'Write source: with name and url under it.',
  name: 'Write name: bank-primary; it never changes.',
  url: 'Write url: mysql://user@host:3306.',
  store: 'Write store: with bucket and region under it.',
  bucket: 'Write bucket: and its name.',
  region: 'Write region: us-east-1.',
  at: 'Write at: "01:30".',
  tables: 'Write tables: with - table: db.table and timeColumn: created_at under it.',
  table: 'Write table: db.table.',
};

/** A Zod issue in words that say what to write. For an unknown key the message names the most similar one. */
export function explainIssue(issue: z.core.$ZodIssue, raw: unknown): Complaint[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(path);
    return issue.keys.map((key) => {
      const near = nearest(key, known);
      const instead = near ? `Did you mean ${near}?` : `Known here: ${known.join(', ')}.`;
      return { path: [...path, key], message: `no such key. ${instead}`, ofKey: true };
    });
  }
  const value = valueAt(raw, path);
  // A value that may be a secret isn't shown.
  const secret = path.length === 0 || (path[0] === 'source' && path[1] !== 'name');
  const text = secret || typeof value === 'object' ? 'the value' : JSON.stringify(value);
  if (issue.code === 'invalid_type') {
    const example = examples[String(path.at(-1))] ?? '';
    if (value === undefined || value === null) return [{ path, message: `is missing. ${example}`.trim() }];
    return [
      {
        path,
        message: `${text} is no ${nouns[issue.expected] ?? issue.expected}. ${writes[issue.expected] ?? ''}`.trim(),
      },
    ];
  }
  if (issue.code === 'invalid_value')
    return [{ path, message: `${text} isn't known here. Write ${issue.values.map(String).join(' or ')}.` }];
  if (issue.code === 'too_small' && issue.origin !== 'array')
    return [
      {
        path,
        message:
          issue.origin === 'string'
            ? `${text} is too short. Write at least ${issue.minimum} characters.`
            : `${text} is too small. Write ${issue.minimum} or more.`,
      },
    ];
  if (issue.code === 'too_big') return [{ path, message: `${text} is too big. Write ${issue.maximum} or less.` }];
  const own = issue.message;
  return [{ path, message: issue.code === 'invalid_format' ? `${text} ${own}` : own }];
}

const nouns: Record<string, string> = {
  string: 'text',
  int: 'whole number',
  number: 'number',
  boolean: 'yes or no',
  array: 'list',
  object: 'group of keys',
};
const writes: Record<string, string> = {
  string: 'Put it in quotes.',
  int: 'Write digits only, without quotes.',
  number: 'Write digits only, without quotes.',
  boolean: 'Write true or false.',
  array: 'Write it in brackets: [a, b].',
  object: 'Write its keys under it, indented.',
};

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const part of path) value = (value as Record<PropertyKey, unknown> | undefined | null)?.[part];
  return value;
}

/** The keys that the schema knows at a path. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let at: unknown = configSchema;
  for (const part of path) {
    at = at instanceof z.ZodArray ? at.element : at instanceof z.ZodObject ? at.shape[String(part)] : undefined;
    if (at instanceof z.ZodOptional) at = at.unwrap();
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}
