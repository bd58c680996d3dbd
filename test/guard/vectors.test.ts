import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Encoding } from '../../src/archive/column.ts';
import { mergeDigests, rowDigest } from '../../src/archive/digest.ts';

const page = readFileSync(new URL('../../docs/archive-format.md', import.meta.url), 'utf8');
const encodings: Encoding[] = ['bare', 'text', 'text', 'base64'];

/** The vector's cells; its digests were computed by another program, from the definition on that page. */
function vector(): { row: (Buffer | null)[]; digest: string }[] {
  const lines = page.split('\n').filter((line) => /^\|.*`[0-9a-f]{64}` \|$/.test(line));
  return lines.map((line) => {
    const cells = line.split('|').slice(1, -1);
    const [digest = '', ...values] = cells.map((cell) => cell.trim().replaceAll('`', '')).reverse();
    const row = values.reverse().map((text) => {
      if (text === '-') return null;
      return Buffer.from(text === 'empty' ? '' : text, 'hex');
    });
    return { row, digest };
  });
}

test('the digest is what the documented vector says, so no change of it passes as a change of its tests (P53)', () => {
  const salt = /the salt is `([0-9a-f]{32})`/.exec(page)?.[1] ?? '';
  const rows = vector();
  expect(rows).toHaveLength(3);
  for (const { row, digest } of rows)
    expect(Buffer.from(rowDigest(row, encodings, salt), 'latin1').toString('hex')).toBe(digest);
  const [, chunk] = /The chunk of the three: 3 rows, `([0-9a-f]{64})`/.exec(page) ?? [];
  expect(mergeDigests(rows.map(({ digest }) => ({ rows: 1, xor: digest })))).toEqual({ rows: 3, xor: chunk });
});
