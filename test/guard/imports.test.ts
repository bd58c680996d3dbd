import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../src', import.meta.url));

/** The layers from the top down, as docs/architecture.md draws them: each may import those of later rows, and no other. */
const page = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
const diagram = /```mermaid\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
const layers = [...diagram.matchAll(/^ {2}\w+\["([^"]+)"\]$/gm)].map(([, row = '']) =>
  row.includes('.ts') ? ['.'] : row.split(' · '),
);
/** Where a value would take Node into a workflow's bundle: types only, and of pacing the pure decisions. */
const workflowValues: readonly string[] = ['pacing', 'archive', 'model'];
const rankOf = (folder: string) => layers.findIndex((layer) => layer.includes(folder));

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

const local = imports
  .filter(({ to }) => to.startsWith('.'))
  .map((each) => ({ ...each, to: resolve(dirname(each.from), each.to) }));
const shown = ({ from, to }: Import) => `${relative(root, from)} → ${relative(root, to)}`;

test('every folder of src has its layer', () => {
  expect([...new Set(files.map((name) => folderOf(join(root, name))))].sort()).toEqual(layers.flat().sort());
});

test('imports go one way: from a layer to those below it', () => {
  expect(local.length).toBeGreaterThan(100);
  const wrong = local.filter(({ from, to, typeOnly }) => {
    const [here, there] = [folderOf(from), folderOf(to)];
    if (here === there) return false;
    if (here === 'workflows' && !typeOnly && !workflowValues.includes(there)) return true;
    if (here === 'workflows' && there === 'activities') return false;
    return rankOf(there) <= rankOf(here);
  });
  expect(wrong.map(shown)).toEqual([]);
});

test('no two files import each other, by way of others or for a type alone', () => {
  const next = new Map<string, string[]>();
  for (const { from, to } of local) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const circles: string[] = [];
  function walk(file: string, path: readonly string[]): void {
    const begins = path.indexOf(file);
    if (begins >= 0) circles.push([...path.slice(begins), file].map((each) => relative(root, each)).join(' → '));
    if (begins >= 0 || done.has(file)) return;
    for (const to of next.get(file) ?? []) walk(to, [...path, file]);
    done.add(file);
  }
  for (const file of next.keys()) walk(file, []);
  expect(circles).toEqual([]);
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

test('a command loads only what it needs: --help no client at all, a look at the ledger no store and no worker', () => {
  const reached = (entry: string) => {
    const found = new Set([join(root, entry)]);
    const packages = new Set<string>();
    // A set grows while it is walked. What is imported by import() is loaded when it is needed.
    for (const file of found)
      for (const { to, typeOnly } of importsOf(file)) {
        if (typeOnly) continue;
        if (to.startsWith('.')) found.add(resolve(dirname(file), to));
        else if (!to.startsWith('node:')) packages.add(to);
      }
    return [...packages].sort();
  };
  expect(reached('cli/main.ts')).toEqual(['commander']);
  for (const command of ['status/status', 'hold/pause', 'hold/resume'])
    expect(reached(`cli/${command}.ts`)).not.toContainEqual(
      expect.stringMatching(/^(@aws-sdk|@smithy|@temporalio\/(client|worker|activity|workflow)$)/),
    );
});

test('the version is in package.json alone', () => {
  const { version } = JSON.parse(readFileSync(join(root, '../package.json'), 'utf8')) as { version: string };
  expect(files.filter((name) => readFileSync(join(root, name), 'utf8').includes(version))).toEqual([]);
});
