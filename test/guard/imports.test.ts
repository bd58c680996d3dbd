import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../src', import.meta.url));

/** What a folder's files may import, beside those of their own folder: the arrows go one way. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  archive: [],
  config: ['archive'],
  pacing: ['archive', 'config'],
  mysql: ['archive', 'config'],
  s3: ['archive', 'config'],
  telemetry: ['mysql', 'archive', 'config'],
  activities: ['telemetry', 'mysql', 's3', 'pacing', 'archive', 'config'],
  workflows: ['pacing', 'archive'],
  // worker.ts, schedules.ts and what else lies at the top
  '.': ['workflows', 'activities', 'telemetry', 'mysql', 's3', 'pacing', 'archive', 'config'],
  cli: ['.', 'workflows', 'activities', 'telemetry', 'mysql', 's3', 'pacing', 'archive', 'config'],
};
/** As types only: a value would take Node into a workflow's bundle, or tie what measures to what decides. */
const typesOnly: Readonly<Record<string, readonly string[]>> = {
  workflows: ['activities'],
  mysql: ['pacing'],
};

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const names = clause.namedBindings;
  return !clause.name && !!names && ts.isNamedImports(names) && names.elements.every((each) => each.isTypeOnly);
}

function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  return source.statements.flatMap((statement) => {
    const clause = ts.isImportDeclaration(statement) ? statement.importClause : undefined;
    const target =
      ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement) ? statement.moduleSpecifier : undefined;
    if (!target || !ts.isStringLiteral(target)) return [];
    const typeOnly = ts.isExportDeclaration(statement) ? statement.isTypeOnly : isTypeOnly(clause);
    return [{ from: file, to: target.text, typeOnly }];
  });
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const imports = files.flatMap((name) => importsOf(join(root, name)));
const folderOf = (file: string) => dirname(relative(root, file)).split('/')[0] ?? '.';

test('imports go one way: cli, worker → workflows | activities → mysql, s3, pacing → archive, config', () => {
  expect(imports.length).toBeGreaterThan(100);
  const wrong = imports
    .filter(({ to }) => to.startsWith('.'))
    .filter(({ from, to, typeOnly }) => {
      const [here, there] = [folderOf(from), folderOf(resolve(dirname(from), to))];
      if (here === there || arrows[here]?.includes(there)) return false;
      return !(typeOnly && typesOnly[here]?.includes(there));
    });
  expect(wrong.map(({ from, to }) => `${relative(root, from)} → ${to}`)).toEqual([]);
});

test('a workflow’s file and what it imports as a value take in nothing of Node, and no client or worker', () => {
  const allowed = ['@temporalio/workflow', '@temporalio/common', 'temporal-polyfill'];
  const reached = new Set(files.filter((name) => name.startsWith('workflows/')).map((name) => join(root, name)));
  const wrong: string[] = [];
  // A set grows while it is walked.
  for (const file of reached)
    for (const { to, typeOnly } of importsOf(file)) {
      if (typeOnly) continue;
      if (to.startsWith('.')) reached.add(resolve(dirname(file), to));
      else if (!allowed.includes(to)) wrong.push(`${relative(root, file)} → ${to}`);
    }
  expect(wrong).toEqual([]);
});
