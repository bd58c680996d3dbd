/** What the command ends with; docs/operations.md says what each one means. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, refused: 3 } as const;

export interface CommonOptions {
  config?: string;
  json?: boolean;
}

/** What `--json` prints is one document with a version; people get the lines. */
export function print(options: CommonOptions, document: Record<string, unknown>, lines: readonly string[]): void {
  if (options.json) process.stdout.write(`${JSON.stringify({ version: 1, ...document })}\n`);
  else printLines(options, lines);
}

/** Lines that people shouldn't wait for while the rest is asked; `--json` has them in its one document at the end. */
export function printLines(options: CommonOptions, lines: readonly string[]): void {
  if (!options.json) for (const line of lines) process.stdout.write(`${line}\n`);
}

/** Says an error where whoever asked looks for it: in the one JSON document, or on standard error. */
export function fail(json: boolean, message: string, code: number): void {
  if (json) process.stdout.write(`${JSON.stringify({ version: 1, error: message })}\n`);
  else process.stderr.write(`${message}\n`);
  process.exitCode = code;
}
