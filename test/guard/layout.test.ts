import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

function filesOf(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

const src = filesOf('src');
const everywhere = [...src, ...filesOf('test'), ...filesOf('stack'), ...filesOf('bench')];
const texts = new Map(everywhere.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
const linesOf = (file: string) => (texts.get(file) ?? '').split('\n');

/** Every node of the files, in their order. */
function nodesOf(files: readonly string[]): { file: string; node: ts.Node }[] {
  return files.flatMap((file) => {
    const source = ts.createSourceFile(file, texts.get(file) ?? '', ts.ScriptTarget.Latest, true);
    const found: { file: string; node: ts.Node }[] = [];
    const step = (node: ts.Node) => {
      found.push({ file, node });
      ts.forEachChild(node, step);
    };
    step(source);
    return found;
  });
}

/** Every node of src, found once. */
const nodes = nodesOf(src);
const otherNodes = nodesOf(everywhere.slice(src.length));

/** Where a node begins: `src/a.ts:12`. */
function lineOf({ file, node }: { file: string; node: ts.Node }): string {
  return `${file}:${node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}

test('no file is longer than 300 lines', () => {
  expect(everywhere.filter((file) => linesOf(file).length > 301)).toEqual([]);
});

test('no line is longer than 160 characters', () => {
  const long = everywhere.flatMap((file) =>
    linesOf(file).flatMap((line, index) => (line.length > 160 ? [`${file}:${index + 1}`] : [])),
  );
  expect(long).toEqual([]);
});

/** Called once for each value or row: an object for each call would cost more than the work. */
const hot = ['quoteText', 'copyRun', 'transcodeShortRow', 'transcode'];

/** `test.each(rows)(title, work)`: the parameters are a table's columns. */
function isTable(node: ts.Node): boolean {
  return ts.isCallExpression(node) && ts.isCallExpression(node.expression) && /\.each$/.test(calledOf(node.expression));
}

const calledOf = (call: ts.CallExpression) => call.expression.getText();

test('no function takes more than four parameters', () => {
  const wide = [...nodes, ...otherNodes].filter(
    ({ node }) =>
      ts.isFunctionLike(node) &&
      node.parameters.length > 4 &&
      !hot.includes(node.name?.getText() ?? '') &&
      !isTable(node.parent),
  );
  expect(wide.map(lineOf)).toEqual([]);
});

/** Words for which docs/glossary.md has the field's own. */
const banned = /^(asked|beat|folded|folds?|outlook|places?|provers?|said|shown|stands|tiles?|told|turns?|twins?)$/;
/** Fields of JSON that others read, and of a workflow's input. */
const persisted = ['asked', 'outlook', 'twins'];

const wordsOf = (name: string) => name.split(/[#_]|(?=[A-Z])/).map((word) => word.toLowerCase());
const isBanned = (name: string) => wordsOf(name).some((word) => banned.test(word)) && !persisted.includes(name);

test('names are the words of the glossary', () => {
  const wrong = nodes.filter(({ node }) => {
    if (!ts.isIdentifier(node) && !ts.isPrivateIdentifier(node)) return false;
    const { parent } = node;
    return 'name' in parent && parent.name === node && !ts.isPropertyAccessExpression(parent) && isBanned(node.text);
  });
  expect(wrong.map((each) => `${lineOf(each)} ${each.node.getText()}`)).toEqual([]);
  expect(everywhere.filter((file) => isBanned(basename(file, '.ts')))).toEqual([]);
});

test('no two variables are set by one literal that is taken apart at once', () => {
  const clever = nodes.filter(({ node }) => {
    if (ts.isVariableDeclaration(node))
      return ts.isArrayBindingPattern(node.name) && node.initializer && ts.isArrayLiteralExpression(node.initializer);
    return (
      ts.isBinaryExpression(node) && ts.isArrayLiteralExpression(node.left) && ts.isArrayLiteralExpression(node.right)
    );
  });
  expect(clever.map(lineOf)).toEqual([]);
});

test('no literal is assembled by spreading literals', () => {
  const clever = nodes.filter(
    ({ node }) =>
      (ts.isSpreadAssignment(node) && ts.isObjectLiteralExpression(node.expression)) ||
      (ts.isSpreadElement(node) && ts.isArrayLiteralExpression(node.expression)),
  );
  expect(clever.map(lineOf)).toEqual([]);
});

/** Where a key must be absent: an option of a library's, a persisted field, a value that is merged over an older one. */
const absent = [
  'health/health.ts',
  's3/client.ts',
  'status/temporalView.ts',
  'pacing/timeAccount.ts',
  'src/schedules.ts',
  'telemetry/',
];

test('a key is left out by a spread only where undefined would not do', () => {
  const spread = nodes.filter(({ node }) => {
    if (!ts.isSpreadAssignment(node) || !ts.isParenthesizedExpression(node.expression)) return false;
    const { expression } = node.expression;
    if (!ts.isConditionalExpression(expression)) return false;
    return [expression.whenTrue, expression.whenFalse].some(
      (each) => ts.isObjectLiteralExpression(each) && each.properties.length === 0,
    );
  });
  expect(spread.map(lineOf).filter((where) => !absent.some((each) => where.includes(each)))).toEqual([]);
});

test('each folder of src has a README, or its parent’s names it', () => {
  const folders = new Set(src.map((file) => dirname(file)).filter((folder) => folder !== 'src'));
  const silent = [...folders].filter((folder) => {
    if (readme(folder) !== undefined) return false;
    const parent = readme(dirname(folder)) ?? '';
    return !parent.includes(`${basename(folder)}/`) && !parent.includes(`\`${basename(folder)}\``);
  });
  expect(silent.map((folder) => relative('src', folder))).toEqual([]);
});

test('the files that a README’s table names are there', () => {
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const gone = folders.flatMap(({ name: folder }) => {
    const cells = [...(readme(`src/${folder}`) ?? '').matchAll(/^\| ([^|]+) \|/gm)].map(([, first = '']) => first);
    const names = cells.flatMap((cell) => [...cell.matchAll(/`([\w/]+?)\/?`/g)].map(([, name = '']) => name));
    return names.filter((name) => !isThere(`src/${folder}/${name}`)).map((name) => `${folder}: ${name}`);
  });
  expect(gone).toEqual([]);
});

function isThere(path: string): boolean {
  return ['', '.ts', '.mjs'].some((ending) => existsSync(join(root, `${path}${ending}`)));
}

function readme(folder: string): string | undefined {
  try {
    return readFileSync(join(root, folder, 'README.md'), 'utf8');
  } catch {
    return undefined;
  }
}
