import { readFileSync } from 'node:fs';
import { type Document, isMap, isNode, isPair, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { keyBytes, longestKeyBytes, type TableFolder } from '../archive/keys.ts';
import { messageOf } from '../model/error.ts';
import { formatTableName, parseTableName } from '../model/tableName.ts';
import type { StorageClass } from './archive.ts';
import { type AuditSettings, resolveAudit } from './audit.ts';
import type { CatalogSettings } from './catalog.ts';
import { type DrillSettings, resolveDrill } from './drill.ts';
import { ConfigError, type ConfigProblem } from './errors.ts';
import { explainIssue } from './issues.ts';
import { makePolicy, policyProblems, type TablePolicy } from './policy.ts';
import { bindAddress, type ConfigFile, configSchema, defaultsSchema, tableSchema } from './schema.ts';
import { resolveSource, type SourceConfig } from './source.ts';

/** The policy file, resolved: defaults merged, passwords and certificates read. */
export interface Config {
  source: SourceConfig;
  store: {
    bucket: string;
    prefix: string;
    region: string;
    endpoint?: string | undefined;
    forcePathStyle: boolean;
    layout: 'hive' | 'plain' | 'dt';
    allowUnversioned: boolean;
    /** The ARN of the key of SSE-KMS; undefined: as the bucket encrypts. */
    kmsKey?: string | undefined;
    /** The account that the bucket must belong to. */
    bucketOwner?: string | undefined;
    /** Objects are tagged with source, database, table, day and this dataset; undefined: not. */
    tagging?: { dataset: string } | undefined;
    /** Undefined: STANDARD. */
    storageClass?: StorageClass | undefined;
  };
  /** `at`: HH:MM, UTC. */
  schedule: { at: string };
  /** `bind`: address and port of the metrics; undefined for none. */
  metrics: { bind?: string | undefined };
  /** Null: no audit runs by itself. */
  audit: AuditSettings | null;
  /** Null: the config names no schema for drills. */
  drill: DrillSettings | null;
  /** Undefined: partitions are registered nowhere. */
  catalog?: CatalogSettings | undefined;
  tables: TablePolicy[];
  /** Where the file has each table, `sediment.yaml:12` by `db.table`; for messages. */
  positions?: ReadonlyMap<string, string>;
}

type Path = readonly PropertyKey[];

/**
 * Reads the policy file: the argument, else SEDIMENT_CONFIG, else ./sediment.yaml. `${NAME}` in a text reads the
 * environment; keys and comments are left alone.
 *
 * @example loadConfig('/etc/sediment.yaml').tables[0]?.retention // 'P60D'
 * @throws ConfigError that names every problem, the file's first one first
 */
export function loadConfig(path?: string, env: NodeJS.ProcessEnv = process.env): Config {
  const file = path ?? (env.SEDIMENT_CONFIG || 'sediment.yaml');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const message = `Config ${file} can't be read. Name one with --config or SEDIMENT_CONFIG; sediment.example.yaml shows its form.`;
    throw new ConfigError([{ file, line: 1, column: 1, path: '', message }], { cause });
  }
  return parseConfig(text, file, env);
}

/** Like `loadConfig`, from a text. @param file what the errors call it @throws ConfigError */
export function parseConfig(text: string, file: string, env: NodeJS.ProcessEnv): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const problems = new Problems(file, lines, document);
  for (const error of document.errors)
    problems.addAt(error.pos[0], '', (error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:$/, ''));
  // The alias isn't shown: it may be a password that begins with an asterisk.
  visit(document, {
    Alias(_key, node) {
      if (!node.resolve(document))
        problems.addAt(node.range?.[0] ?? 0, '', 'no anchor has this name. Put a text that begins with * in quotes.');
    },
  });
  problems.throwIfAny();
  readEnvironment(document, env, problems);
  let raw: unknown;
  try {
    raw = document.toJS();
  } catch (error) {
    problems.addAt(0, '', messageOf(error));
    problems.throwIfAny();
  }
  const parsed = configSchema.safeParse(raw);
  for (const issue of parsed.error?.issues ?? [])
    for (const { path, message, ofKey } of explainIssue(issue, raw)) problems.add(path, message, ofKey);
  checkTables(raw, problems);
  const source = parsed.success
    ? resolveSource(parsed.data.source, (key, message) => problems.add(['source', ...key], message))
    : undefined;
  const { SEDIMENT_METRICS: metrics } = env;
  if (metrics && !bindAddress.test(metrics))
    problems.addAt(
      0,
      'metrics.bind',
      `SEDIMENT_METRICS is "${metrics}", which is no address and port. Write 127.0.0.1:9464.`,
    );
  problems.throwIfAny();
  if (!parsed.success || !source) throw new Error('unreachable: a config without problems has parsed', { cause: raw });
  const config = resolve(parsed.data, source, metrics || parsed.data.metrics?.bind);
  const positions = config.tables.map(
    (policy, index) => [formatTableName(policy), problems.positionOf(['tables', index, 'table'])] as const,
  );
  return { ...config, positions: new Map(positions) };
}

/** Replaces `${NAME}`. A missing variable is a problem; further problems of the same value aren't reported, because it isn't known. */
function readEnvironment(document: Document, env: NodeJS.ProcessEnv, problems: Problems): void {
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string') return;
      node.value = node.value.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => {
        const value = env[name];
        if (value === undefined) problems.addMissing(node, pathOf([...ancestors, node]), name);
        return value ?? whole;
      });
    },
  });
}

/** A node's path, from the YAML nodes and pairs that lead to it. */
function pathOf(chain: readonly unknown[]): Path {
  return chain.flatMap((each, depth): PropertyKey[] => {
    if (isPair(each)) return [String(each.key)];
    return isSeq(each) ? [each.items.indexOf(chain[depth + 1])] : [];
  });
}

/** Applies the rules between several keys to each table that is valid by itself, so that one mistake doesn't hide another. */
function checkTables(raw: unknown, problems: Problems): void {
  const { defaults: given, tables } = (raw ?? {}) as { defaults?: unknown; tables?: unknown };
  const defaults = defaultsSchema.safeParse(given ?? {});
  if (!Array.isArray(tables)) return;
  const seen = new Map<string, number>();
  for (const [index, each] of tables.entries()) {
    const entry = tableSchema.safeParse(each);
    if (!entry.success) continue;
    const name = formatTableName(parseTableName(entry.data.table));
    const before = seen.get(name);
    if (before === undefined) seen.set(name, index);
    else problems.add(['tables', index, 'table'], `${name} is in tables[${before}] already. Keep one of them.`);
    const bytes = keyBytes({ ...keysOf(raw), ...parseTableName(entry.data.table) });
    if (bytes > longestKeyBytes)
      problems.add(
        ['tables', index, 'table'],
        [
          `its objects' keys would take up to ${bytes} bytes, and S3 takes ${longestKeyBytes}: a letter beyond ` +
            `ASCII takes six to twelve, and a key holds the table's name twice.`,
          'Shorten store.prefix, or the name.',
        ].join(' '),
      );
    if (!defaults.success) continue;
    const by = entry.data.archive?.by ?? defaults.data.archive?.by;
    if (by === 'audit' && (raw as { audit?: unknown }).audit === 'off')
      problems.add(
        entry.data.archive?.by ? ['tables', index, 'archive', 'by'] : ['defaults', 'archive', 'by'],
        'the audit is to delete what has expired, and audit is off. Write by: command, or turn the audit on.',
      );
    const from = entry.data.export?.from ?? defaults.data.export?.from;
    if (from === 'replica' && !hasReplica(raw))
      problems.add(
        entry.data.export?.from ? ['tables', index, 'export', 'from'] : ['defaults', 'export', 'from'],
        'no replica is named. Write source.exportReplica: mysql://db-2:3306, or from: writer.',
      );
    for (const { path, message } of policyProblems(defaults.data, entry.data, index)) problems.add(path, message);
  }
}

function hasReplica(raw: unknown): boolean {
  const { source } = (raw ?? {}) as { source?: { exportReplica?: unknown } | null };
  return source?.exportReplica !== undefined;
}

/** Prefix and layout as the file has them, valid or not. */
function keysOf(raw: unknown): Pick<TableFolder, 'prefix' | 'layout'> {
  const { store } = (raw ?? {}) as { store?: { prefix?: unknown; layout?: unknown } };
  return {
    prefix: typeof store?.prefix === 'string' ? store.prefix : '',
    layout: store?.layout === 'plain' || store?.layout === 'dt' ? store.layout : 'hive',
  };
}

function resolve(file: ConfigFile, source: SourceConfig, metricsBind: string | undefined): Config {
  return {
    source,
    store: {
      ...file.store,
      prefix: file.store.prefix ?? '',
      forcePathStyle: file.store.forcePathStyle ?? false,
      layout: file.store.layout ?? 'hive',
      allowUnversioned: file.store.allowUnversioned ?? false,
      tagging: resolveTagging(file.store.tagging),
    },
    schedule: file.schedule ?? { at: '01:30' },
    metrics: { bind: metricsBind },
    audit: resolveAudit(file.audit),
    drill: resolveDrill(file.drill),
    catalog: file.catalog,
    tables: file.tables.map((entry) => makePolicy(file.defaults ?? {}, entry)),
  };
}

function resolveTagging(tagging: ConfigFile['store']['tagging']): Config['store']['tagging'] {
  if (tagging === true) return { dataset: 'archive' };
  return tagging || undefined;
}

/** Collects problems with their position in the file. */
class Problems {
  readonly #found: ConfigProblem[] = [];
  readonly #missing = new Set<number>();

  constructor(
    readonly file: string,
    readonly lines: LineCounter,
    readonly document: Document,
  ) {}

  /** Adds a problem at a path's value, or its nearest parent's; with `ofKey` at the key itself. */
  add(path: Path, complaint: string, ofKey = false): void {
    const offset = ofKey ? this.#keyOffset(path) : this.#valueOffset(path);
    if (this.#missing.has(offset)) return;
    this.addAt(offset, pathText(path), `${pathText(path) || 'the file'}: ${complaint}`);
  }

  /** Adds the problem that the environment lacks a variable that a value names. */
  addMissing(node: Node, path: Path, name: string): void {
    const offset = node.range?.[0] ?? 0;
    this.#missing.add(offset);
    const complaint = `the environment has no ${name}, which ${pathText(path)} asks for. Set it, or write the value.`;
    this.addAt(offset, pathText(path), complaint);
  }

  addAt(offset: number, path: string, complaint: string): void {
    const { line, col } = this.lines.linePos(offset);
    const at = Math.max(line, 1);
    const column = Math.max(col, 1);
    const message = `Config ${this.file}:${at}:${column}  ${complaint}`;
    if (this.#found.some((known) => known.message === message)) return;
    this.#found.push({ file: this.file, line: at, column, path, message });
  }

  /** `sediment.yaml:12`, the line of a path's value. */
  positionOf(path: Path): string {
    return `${this.file}:${this.lines.linePos(this.#valueOffset(path)).line}`;
  }

  throwIfAny(): void {
    const [first, ...rest] = this.#found.sort((one, other) => one.line - other.line || one.column - other.column);
    if (first) throw new ConfigError([first, ...rest]);
  }

  #valueOffset(path: Path): number {
    for (let length = path.length; length > 0; length--) {
      const node = this.document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return node.range[0];
    }
    return 0;
  }

  #keyOffset(path: Path): number {
    const parent = path.length > 1 ? this.document.getIn(path.slice(0, -1), true) : this.document.contents;
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => (isNode(key) ? String(key.toJS(this.document)) : key) === path.at(-1))
      : undefined;
    return isNode(pair?.key) && pair.key.range ? pair.key.range[0] : this.#valueOffset(path);
  }
}

/** `tables[0].retention` */
function pathText(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
