import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('docs/pitfalls.md has every pitfall, and each test file that it names has a test of that number', () => {
  const rows = read('docs/pitfalls.md').matchAll(/^\| P(\d+) +\|.*\| ([^|]+?) +\|$/gm);
  const found = [...rows].map(([, number, files = '']) => ({
    number: Number(number),
    tests: [...files.matchAll(/`([\w/]+)`/g)].map(([, file]) => `test/${file}.test.ts`),
  }));
  expect(found.map(({ number }) => number)).toEqual(Array.from({ length: 106 }, (_, index) => index + 1));
  const missing = found.flatMap(({ number, tests }) => {
    const named = new RegExp(`\\((P\\d+, )*P${number}(, P\\d+)*\\)`);
    const without = tests.filter((file) => !named.test(read(file)));
    return tests.length === 0 ? [`P${number} has no test`] : without.map((file) => `P${number} isn't in ${file}`);
  });
  expect(missing).toEqual([]);
});
