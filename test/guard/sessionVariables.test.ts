import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pinnedVariables } from '../../src/mysql/session/sessionVariables.ts';

test('docs/session-variables.md lists the variables that a session is pinned to, and no other', () => {
  const text = readFileSync(new URL('../../docs/session-variables.md', import.meta.url), 'utf8');
  const listed = [...text.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name);
  expect(listed).toEqual(pinnedVariables.map(({ name }) => name));
});
