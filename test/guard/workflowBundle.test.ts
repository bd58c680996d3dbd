import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bundleAhead, writeBundle } from '../../src/workflowBundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'sediment-bundle-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the bundle that was built ahead is used, and one that isn’t of these sources isn’t', async () => {
  expect(bundleAhead(folder)).toBeUndefined();
  const path = await writeBundle(folder);
  const code = readFileSync(path, 'utf8');
  expect(bundleAhead(folder)).toEqual({ code });
  expect(code).toContain('purgeTable');

  appendFileSync(path, '// edited');
  expect(bundleAhead(folder)).toBeUndefined();
  writeFileSync(path, code);
  expect(bundleAhead(folder)).toEqual({ code });

  const stamp = readFileSync(`${path}.stamp`, 'utf8');
  writeFileSync(
    `${path}.stamp`,
    stamp.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
  );
  expect(bundleAhead(folder)).toBeUndefined();
});
