import { expect, test } from 'vitest';
import { checkDdl } from '../../../src/cli/readBack/ddl.ts';
import { parseDay } from '../../../src/model/day.ts';
import { columnsOfDdl, parseOldUri, withOldFiles } from '../../../src/readers/oldFiles.ts';
import { fieldPattern, oldReaders } from '../../../src/readers/oldTables.ts';
import { targets } from '../../../src/readers/targets.ts';
import { changedDays, shapeOfDays } from '../../support/manifests.ts';

test('an address is a prefix of year/month/day, or says where they stand and how the files’ names begin', () => {
  expect(parseOldUri('s3://lake/bank/')).toEqual({ bucket: 'lake', folder: 'bank/{year}/{month}/{day}/', name: '' });
  expect(parseOldUri('s3://lake/bank/y={year}/{month}-{day}/output_file.csv')).toEqual({
    bucket: 'lake',
    folder: 'bank/y={year}/{month}-{day}/',
    name: 'output_file.csv',
  });
  for (const wrong of ['lake/bank/', 's3://lake', 's3://lake/bank/x.csv', 's3://lake/{year}/{month}/', "s3://lake/b'/"])
    expect(() => parseOldUri(wrong)).toThrow(/names no folder a day\. Write s3:\/\/bucket\/database\//);
});

test('the files’ columns are the table’s, in its order', () => {
  const ddl =
    'CREATE TABLE `t` (\n  `id` int NOT NULL,\n  `no``te` text,\n  PRIMARY KEY (`id`),\n  KEY `by_note` (`no``te`(9))\n)';
  expect(columnsOfDdl(ddl)).toEqual(['id', 'no`te']);
});

test('a line is taken apart into its fields: enclosed, by choice or always, or bare', () => {
  const fields = (line: string, enclosed: boolean) =>
    [...`,${line}`.matchAll(new RegExp(fieldPattern({ enclosed }), 'g'))].map(([, field]) => field);
  expect(fields(String.raw`"1",\N,"a,b","say \"so\"","back\\","",""`, true)).toEqual([
    '"1"',
    String.raw`\N`,
    '"a,b"',
    String.raw`"say \"so\""`,
    String.raw`"back\\"`,
    '""',
    '""',
  ]);
  expect(fields(String.raw`1,"N",\N,2.5`, true)).toEqual(['1', '"N"', String.raw`\N`, '2.5']);
  expect(fields(String.raw`,a\,b,back\\,\N,`, false)).toEqual([
    '',
    String.raw`a\,b`,
    String.raw`back\\`,
    String.raw`\N`,
    '',
  ]);
});

test.each(Object.entries(oldReaders))(
  '--for %s: old days from the old files, the others from the archive',
  (name, reader) => {
    const shape = shapeOfDays(changedDays());
    const naming = { schema: 'arch', view: 'events', dates: 'null' } as const;
    const old = { ...parseOldUri('s3://lake/life/{year}/{month}/{day}/events.csv'), until: parseDay('2026-08-10') };
    const files = { ...old, enclosed: true, columns: columnsOfDdl(shape.ddl) };
    const script = targets[name as keyof typeof oldReaders].make(shape, naming);
    const found = withOldFiles(script, shape, naming, reader(shape, naming, files));
    expect(found.pieces.map((piece) => piece.name)).toEqual(
      script.pieces.flatMap((piece) => (piece.name === 'view' ? ['oldFiles', 'view'] : [piece.name])),
    );
    expect(found.pieces.slice(-2).map(({ statement }) => statement)).toMatchSnapshot();
  },
);

test('--old is refused without a day, for a reader that doesn’t take it, and for what is no address', () => {
  const check = (options: object) => () => checkDdl({ for: 'duckdb', ...options });
  expect(check({ old: 's3://lake/bank/' })).toThrow('--old needs --old-until');
  expect(check({ oldUntil: '2026-08-10' })).toThrow('go with --old');
  expect(check({ old: 's3://lake/bank/', oldUntil: '2026-08-10', for: 'mysql' })).toThrow(
    '--old is for athena, databricks, duckdb, spark, trino; --for mysql reads the archive alone',
  );
  expect(check({ old: 'bank/', oldUntil: '2026-08-10' })).toThrow('names no folder a day');
  expect(check({ old: 's3://lake/bank/', oldUntil: '2026-08-10' })).not.toThrow();
});
