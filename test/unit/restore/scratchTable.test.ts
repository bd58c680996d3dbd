import { expect, test } from 'vitest';
import type { Column } from '../../../src/archive/column.ts';
import { createTableStatement, retypedColumns } from '../../../src/restore/scratchTable.ts';

const column = (name: string, columnType: string, more: Partial<Column> = {}): Column => ({
  name,
  dataType: columnType.replace(/\W.*/, ''),
  columnType,
  nullable: false,
  generated: false,
  charset: null,
  collation: null,
  ...more,
});

const table = {
  target: { database: 'shop', table: 'orders_restored' },
  columns: [
    column('id', 'bigint unsigned'),
    column('note', 'varchar(40)', { charset: 'latin1', collation: 'latin1_german1_ci' }),
    column('twice', 'int', { generated: true }),
    column('gone', 'blob', { dropped: true }),
    column('t', 'timestamp(6)'),
  ],
  primaryKey: ['id', 't'],
  timeColumn: 't',
  comment: "restored from shop.orders, customer's",
};

test('a restored table has the recorded types as plain columns, dropped and generated ones too, and its chunks’ numbers', () => {
  expect(createTableStatement(table)).toBe(`CREATE TABLE \`shop\`.\`orders_restored\` (
  \`sediment_chunk\` BIGINT UNSIGNED NOT NULL DEFAULT 0 /*!80023 INVISIBLE */ /*M!100303 INVISIBLE */,
  \`id\` bigint unsigned NOT NULL,
  \`note\` varchar(40) CHARACTER SET latin1 COLLATE latin1_german1_ci NULL,
  \`twice\` int NULL,
  \`gone\` blob NULL,
  \`t\` timestamp(6) NOT NULL DEFAULT '1970-01-01 00:00:01',
  PRIMARY KEY (\`sediment_chunk\`, \`id\`, \`t\`),
  KEY \`sediment_key\` (\`id\`, \`t\`),
  KEY \`sediment_time\` (\`t\`)
) ENGINE = InnoDB COMMENT = 'restored from shop.orders, customer\\'s'`);
});

test('columns of another type than the target’s are named, both types with them', () => {
  const [id, note] = table.columns;
  const now = [column('id', 'int'), note].flatMap((each) => (each ? [each] : []));
  expect(retypedColumns(id && note ? [id, note] : [], now)).toEqual(['id was bigint unsigned and is int']);
});
