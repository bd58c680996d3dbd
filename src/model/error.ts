/** What went wrong, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of an error: MySQL's, as ER_NO_SUCH_TABLE, the system's, as ECONNREFUSED, or gRPC's number, as 14. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
