import type { Logger, LogLevel, LogMetadata } from '@temporalio/common';
import { pino } from 'pino';
import { formatLine } from './logLine.ts';
import { placeOf } from './workflowLabels.ts';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type SedimentLogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  source: string;
  level: SedimentLogLevel;
  /** Lines for a person rather than JSON. */
  readable: boolean;
  /** Texts that never appear, whatever an error's message may hold. */
  secrets: readonly string[];
  write(line: string): void;
}

/** SEDIMENT_LOG is none of the levels. */
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

/** The one way that a worker's lines take, Temporal's own ones too: one JSON object a line, with source, workflow, table and day. */
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
    lines[at]({ source, ...fields(meta) }, message);
  return {
    log: (at: LogLevel, message, meta) => log(at.toLowerCase() as SedimentLogLevel, message, meta),
    trace: (message, meta) => log('trace', message, meta),
    debug: (message, meta) => log('debug', message, meta),
    info: (message, meta) => log('info', message, meta),
    warn: (message, meta) => log('warn', message, meta),
    error: (message, meta) => log('error', message, meta),
  };
}

/** Temporal's names become ours; what its lines repeat without use for anybody is left out. */
function fields(meta: LogMetadata = {}): Record<string, unknown> {
  const { workflowId, error, taskToken, isLocal, namespace, runId, sdkComponent, ...rest } = meta as Record<
    string,
    unknown
  >;
  const workflow = rest.workflow ?? workflowId;
  return {
    ...(typeof workflow === 'string' ? { workflow, ...placeOf(workflow) } : {}),
    ...rest,
    ...(error === undefined ? {} : { error: describe(error) }),
  };
}

/** Not every property: a driver's error carries its statement, which holds rows. */
function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  return {
    name,
    message,
    ...('code' in error ? { code: error.code } : {}),
    stack,
    ...(cause === undefined ? {} : { cause: describe(cause) }),
  };
}

/** As they are, as JSON writes them, and as an address does. */
function hider(secrets: readonly string[]): (line: string) => string {
  const forms = secrets
    .filter((secret) => secret.length > 0)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  return (line) => forms.reduce((text, form) => text.replaceAll(form, '[secret]'), line);
}
