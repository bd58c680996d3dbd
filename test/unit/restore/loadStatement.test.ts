import { expect, test } from 'vitest';
import type { Column } from '../../../src/archive/column.ts';
import { fromS3Statement, insertStatements, loadStatement } from '../../../src/restore/loadStatement.ts';

const column = (name: string, dataType: string): Column => ({
  ...{ name, dataType, columnType: dataType, nullable: true, generated: false, charset: null, collation: null },
});
const columns = [column('id', 'bigint'), column('no`te', 'varchar'), column('payload', 'blob'), column('flags', 'bit')];
const into = { target: { database: 'shop', table: 'back' }, columns, number: 2_000_000_007 };

test('LOAD DATA decodes base64, takes BIT as a number, and gives each row its chunk’s number', () => {
  expect(loadStatement(into)).toBe(
    "LOAD DATA LOCAL INFILE 'chunk' INTO TABLE `shop`.`back` CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' " +
      "OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' (`id`, `no``te`, @v2, @v3) " +
      'SET `sediment_chunk` = 2000000007, `payload` = FROM_BASE64(@v2), `flags` = CAST(@v3 AS UNSIGNED)',
  );
});

test('INSERTs hold the same values as bytes, a statement for each half megabyte', () => {
  const [one, ...others] = insertStatements(into, Buffer.from('7,"it\'s\\n",\\N,3\n8,\\N,"AP8=",\\N\n'));
  expect(others).toEqual([]);
  expect(one).toBe(
    'INSERT INTO `shop`.`back` (`sediment_chunk`, `id`, `no``te`, `payload`, `flags`) VALUES ' +
      "(2000000007, _utf8mb4 x'37', _utf8mb4 x'697427730a', NULL, 3), (2000000007, _utf8mb4 x'38', NULL, x'00ff', NULL)",
  );
  const many = Buffer.from(`1,"${'a'.repeat(100_000)}",\\N,\\N\n`.repeat(10));
  expect([...insertStatements(into, many)].length).toBe(5);
});

test('LOAD DATA FROM S3 counts the rows, and so gives each the number of its chunk; no quote breaks out of the URI', () => {
  const statement = fromS3Statement(into, "s3-eu-central-1://archive/it's.csv", [10, 5, 7]);
  expect(statement).toMatch(/^LOAD DATA FROM S3 FILE 's3-eu-central-1:\/\/archive\/it\\'s\.csv' INTO TABLE `shop`/);
  expect(statement).toContain(
    'SET `sediment_chunk` = 2000000006 + INTERVAL(@sediment_row := @sediment_row + 1, 1, 11, 16), ',
  );
});
