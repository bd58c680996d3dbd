import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ledgerFolder, readMigrations } from '../../../src/ledger/migrations/migrationFiles.ts';

const migrations = readMigrations();

test('every file of sql/ledger is a migration, but for the table that records them', () => {
  const names = migrations.map(({ name }) => `${name}.sql`);
  expect(readdirSync(ledgerFolder).filter((name) => !names.includes(name))).toEqual(['migrations.sql']);
});

test.each(migrations)('$name is one statement, because a crash leaves one done whole or not at all', (migration) => {
  const bare = migration.statement.replaceAll(/--.*$/gm, '').replaceAll(/'[^']*'/g, "''");
  expect(bare).not.toContain(';');
  expect(bare.trim()).toMatch(/^(CREATE|ALTER|UPDATE|INSERT|DELETE|DROP) /);
});

test.each(migrations.filter(({ statement }) => statement.includes('CREATE TABLE')))(
  '$name states its collation, because a schema’s default may compare names without case',
  ({ statement }) => {
    expect(statement).toMatch(/\) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin$/);
  },
);

test('no statement is INSERT IGNORE, which cuts what is too long and says nothing', () => {
  const source = fileURLToPath(new URL('../../../src', import.meta.url));
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((name) => readFileSync(join(source, name), 'utf8').includes('INSERT IGNORE'))).toEqual([]);
});
