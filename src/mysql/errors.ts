/** The server's number of an error, as 1205 of ER_LOCK_WAIT_TIMEOUT; undefined where the server didn't answer with one. */
export function errnoOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') return undefined;
  // The operating system's errors have a negative number, as -111 of ECONNREFUSED.
  return error.errno > 0 ? error.errno : undefined;
}

/** The name of an error: the server's, as ER_NO_SUCH_TABLE, or the operating system's, as ECONNREFUSED. */
export function errorCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** ER_BAD_DB_ERROR and ER_NO_SUCH_TABLE: the first worker hasn't created the ledger yet. */
export function isMissingLedger(error: unknown): boolean {
  return [1049, 1146].includes(errnoOf(error) ?? 0);
}

/** ER_LOCK_WAIT_TIMEOUT: the transaction is still open. */
export function isLockWait(error: unknown): boolean {
  return errnoOf(error) === 1205;
}

/** ER_LOCK_DEADLOCK: the server has rolled the transaction back. */
export function isDeadlock(error: unknown): boolean {
  return errnoOf(error) === 1213;
}
