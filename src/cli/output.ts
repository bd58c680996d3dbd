/** Exit codes; docs/operations.md says what each one means. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, refused: 3, interrupted: 130 } as const;

export interface CommonOptions {
  config?: string;
  json?: boolean;
}

/** Prints one JSON document with a version for `--json`, else the lines. */
export function print(options: CommonOptions, document: Record<string, unknown>, lines: readonly string[]): void {
  if (options.json) process.stdout.write(`${JSON.stringify({ version: 1, ...document })}\n`);
  else printLines(options, lines);
}

/** Prints lines before the command's end. With `--json` nothing, because its one document comes at the end. */
export function printLines(options: CommonOptions, lines: readonly string[]): void {
  if (!options.json) for (const line of lines) process.stdout.write(`${line}\n`);
}

/** Reports an error in the one JSON document, or on standard error. */
export function fail(json: boolean, message: string, code: number): void {
  if (json) process.stdout.write(`${JSON.stringify({ version: 1, error: message })}\n`);
  else process.stderr.write(`${message}\n`);
  process.exitCode = code;
}
