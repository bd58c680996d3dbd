/** What went wrong, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of an error: MySQL's, as ER_NO_SUCH_TABLE, the system's, as ECONNREFUSED, or gRPC's number, as 14. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** The command by which what an error has stopped goes on, as a shell takes it; null where the error names none. */
export function commandOf(error: unknown): string | null {
  return error instanceof Error && 'command' in error && typeof error.command === 'string' ? error.command : null;
}
