import type { Logger, LogLevel, LogMetadata } from '@temporalio/common';
import { pino } from 'pino';
import { formatLine } from './logLine.ts';
import { labelsOf } from './workflowLabels.ts';

const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type SedimentLogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  source: string;
  level: SedimentLogLevel;
  /** Lines for a person rather than JSON. */
  readable: boolean;
  /** Texts that never appear in a line, whatever an error's message holds. */
  secrets: readonly string[];
  write(line: string): void;
}

/** SEDIMENT_LOG isn't one of the levels. */
export class UnknownLogLevel extends Error {
  override readonly name = 'UnknownLogLevel';
  constructor(readonly level: string) {
    super(`SEDIMENT_LOG is "${level}". Write one of ${logLevels.join(', ')}.`);
  }
}

/** @throws UnknownLogLevel */
export function logLevel(env: NodeJS.ProcessEnv = process.env): SedimentLogLevel {
  const given = env.SEDIMENT_LOG || 'info';
  const level = logLevels.find((each) => each === given);
  if (!level) throw new UnknownLogLevel(given);
  return level;
}

/** The logger of all of a worker's lines, Temporal's own included: one JSON object per line, with source, workflow, table and day. */
export function createLogger({ source, level, readable, secrets, write }: LoggerOptions): Logger {
  const hide = hider(secrets);
  const lines = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => write(hide(readable ? formatLine(line) : line)) },
  );
  const log = (at: SedimentLogLevel, message: string, meta?: LogMetadata) =>
    lines[isOfInterest(at, message, meta) ? at : 'debug']({ source, ...fields(meta) }, message);
  return {
    log: (at: LogLevel, message, meta) => log(at.toLowerCase() as SedimentLogLevel, message, meta),
    trace: (message, meta) => log('trace', message, meta),
    debug: (message, meta) => log('debug', message, meta),
    info: (message, meta) => log('info', message, meta),
    warn: (message, meta) => log('warn', message, meta),
    error: (message, meta) => log('error', message, meta),
  };
}

/** A source's two workers share the work on purpose: the SDK warns of each that it takes only one kind of task. */
const oneKindOfTask = /^No (activities|workflows) registered, not polling/;

/** The SDK says of itself at info what its workers do; a person's lines are those of tables and days. */
function isOfInterest(level: SedimentLogLevel, message: string, meta: LogMetadata | undefined): boolean {
  if (level === 'warn') return !oneKindOfTask.test(message);
  return level !== 'info' || (meta?.sdkComponent !== 'worker' && meta?.sdkComponent !== 'core');
}

/** What pino writes itself: a field of the same name would be a second key in the line. */
const reserved = new Set(['time', 'level', 'msg']);

/** Temporal's names become ours, and what its lines only repeat is left out. A reserved name gets a `_` behind it. */
function fields(meta: LogMetadata = {}): Record<string, unknown> {
  const { workflowId, error, taskToken, isLocal, namespace, runId, sdkComponent, ...rest } = meta as Record<
    string,
    unknown
  >;
  const workflow = rest.workflow ?? workflowId;
  const own = Object.entries(rest).map(([name, value]) => [
    freeName(name, rest),
    value instanceof Error ? describe(value) : value,
  ]);
  return {
    ...(typeof workflow === 'string' ? { workflow, ...labelsOf(workflow) } : {}),
    ...Object.fromEntries(own),
    ...(error === undefined ? {} : { error: describe(error) }),
  };
}

/** Another attribute may have the name with the `_` already. */
function freeName(name: string, taken: object): string {
  if (!reserved.has(name)) return name;
  let free = `${name}_`;
  while (free in taken) free += '_';
  return free;
}

/** Not every property, because a driver's error carries its statement, and with it values of rows. */
function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  return {
    name,
    message,
    code: 'code' in error ? error.code : undefined,
    stack,
    cause: cause === undefined ? undefined : describe(cause),
  };
}

/** Replaces secrets: as they are, as JSON writes them, and as an address does. Longer ones first, because one may contain another. */
function hider(secrets: readonly string[]): (line: string) => string {
  const forms = secrets
    .filter((secret) => secret.length > 0)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
    .sort((one, other) => other.length - one.length);
  return (line) => forms.reduce((text, form) => text.replaceAll(form, '[secret]'), line);
}
