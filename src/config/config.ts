import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { type ConfigFile, configSchema } from './schema.ts';

/** What the config says about one table, defaults filled in. */
export interface Policy {
  database: string;
  table: string;
  timeColumn: string;
  firstDay?: string | undefined;
  retention: string;
  zone: string;
  purge: 'enabled' | 'disabled';
  datetimeZone?: 'UTC' | undefined;
  epoch?: 'seconds' | 'milliseconds' | undefined;
  compression: 'gzip' | 'none';
  chunkRows: number;
  partBytes: number;
  maxRowsPerDay: number;
  maxRowsPerSecond: number;
  allowTriggers: string[];
  allowCascade: string[];
}

export interface Config {
  source: {
    name: string;
    host: string;
    port: number;
    user: string;
    password: string;
    tls: { ca?: string } | false;
    ledger: string;
  };
  store: {
    bucket: string;
    prefix: string;
    region: string;
    endpoint?: string | undefined;
    forcePathStyle: boolean;
    layout: 'hive' | 'plain' | 'dt';
    allowUnversioned: boolean;
  };
  schedule: { at: string };
  tables: Policy[];
}

/** The config can't be used; the message names file, line, and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The table isn't in the config; the message names those that are near. */
export class UnknownTable extends Error {
  override readonly name = 'UnknownTable';
}

/** Reads the policy file: the argument, SEDIMENT_CONFIG, or sediment.yaml. `${NAME}` reads the environment. @throws ConfigError */
export function loadConfig(path?: string, environment: NodeJS.ProcessEnv = process.env): Config {
  const file = path ?? environment.SEDIMENT_CONFIG ?? 'sediment.yaml';
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(
      `Config ${file} can't be read. Name one with --config or SEDIMENT_CONFIG; sediment.example.yaml shows its form.`,
      { cause },
    );
  }
  return parseConfig(text, file, environment);
}

export function parseConfig(text: string, file: string, environment: NodeJS.ProcessEnv): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `Config ${file}:${line}:${col}`;
  };
  const [broken] = document.errors;
  if (broken) throw new ConfigError(`${at(broken.pos[0])}  ${broken.message.split('\n')[0]}`);
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== 'string') return;
      node.value = node.value.replaceAll(/\$\{(\w+)\}/g, (_whole, name: string) => {
        const value = environment[name];
        if (value === undefined)
          throw new ConfigError(
            `${at(node.range?.[0] ?? 0)}  the environment has no ${name}. Set it, or write the value.`,
          );
        return value;
      });
    },
  });
  const parsed = configSchema.safeParse(document.toJS());
  if (parsed.success) return resolve(parsed.data);
  const problems = parsed.error.issues.map((issue) => {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    const path = unknown === undefined ? issue.path : [...issue.path, unknown];
    const shown = path
      .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
      .join('')
      .replace(/^\./, '');
    return `${at(offsetOf(document, path))}  ${shown || 'the file'}: ${unknown === undefined ? issue.message : 'no such key'}`;
  });
  throw new ConfigError(problems.join('\n'));
}

/** Where a path's value stands, or the nearest parent's. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isScalar(node) && node.range) return node.range[0];
    if (node && typeof node === 'object' && 'range' in node && Array.isArray(node.range)) return Number(node.range[0]);
  }
  return 0;
}

function resolve(file: ConfigFile): Config {
  const url = new URL(file.source.url);
  const loopback = ['127.0.0.1', 'localhost'].includes(url.hostname);
  const tls = file.source.tls;
  const password = file.source.passwordFile
    ? readFileSync(file.source.passwordFile, 'utf8').trimEnd()
    : (file.source.password ?? decodeURIComponent(url.password));
  return {
    source: {
      name: file.source.name,
      host: url.hostname,
      port: Number(url.port || 3306),
      user: decodeURIComponent(url.username),
      password,
      tls: tls === 'off' || (tls === undefined && loopback) ? false : tls ? { ca: readFileSync(tls.ca, 'utf8') } : {},
      ledger: file.source.ledger ?? 'sediment',
    },
    store: {
      ...file.store,
      prefix: file.store.prefix ?? '',
      forcePathStyle: file.store.forcePathStyle ?? false,
      layout: file.store.layout ?? 'hive',
      allowUnversioned: file.store.allowUnversioned ?? false,
    },
    schedule: file.schedule ?? { at: '01:30' },
    tables: file.tables.map((entry) => {
      const { table: name, ...own } = entry;
      const [database = '', table = ''] = [...name.matchAll(/`([^`]+)`|([^.`]+)/g)].map((part) => part[1] ?? part[2]);
      return {
        retention: 'P2M',
        zone: 'UTC',
        purge: 'disabled' as const,
        compression: 'gzip' as const,
        chunkRows: 4_000,
        partBytes: 128 << 20,
        maxRowsPerDay: 0,
        maxRowsPerSecond: 0,
        allowTriggers: [],
        allowCascade: [],
        ...file.defaults,
        ...own,
        database,
        table,
      };
    }),
  };
}

/** Tells whether two workers, or a plan and a worker, hold the same policy. */
export function policyHash(policy: Policy): string {
  const canonical = JSON.stringify(policy, Object.keys(policy).sort());
  return createHash('sha256').update(canonical).digest('hex').slice(0, 16);
}

/** @throws UnknownTable */
export function findPolicy(config: Config, name: string): Policy {
  const plain = name.replaceAll('`', '');
  const found = config.tables.find((policy) => `${policy.database}.${policy.table}` === plain);
  if (found) return found;
  const known = config.tables.map((policy) => `${policy.database}.${policy.table}`).join(', ');
  throw new UnknownTable(`${name} has no policy; the config knows ${known}`);
}
