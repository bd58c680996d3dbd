/** The server's number of an error, as 1205 of ER_LOCK_WAIT_TIMEOUT; undefined where the server didn't answer with one. */
export function errnoOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') return undefined;
  // The operating system's errors have a negative number, as -111 of ECONNREFUSED.
  return error.errno > 0 ? error.errno : undefined;
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

/** ER_ROW_IS_REFERENCED_2, or ER_ROW_IS_REFERENCED where the user may not see the child table. */
export function isRowReferredTo(error: unknown): boolean {
  return [1451, 1217].includes(errnoOf(error) ?? 0);
}

/** ER_UNKNOWN_SYSTEM_VARIABLE: another product, or another version, than the one that has the variable. */
export function isUnknownVariable(error: unknown): boolean {
  return errnoOf(error) === 1193;
}

/** ER_PARSE_ERROR: a statement that another product, or another version, knows. */
export function isSyntaxError(error: unknown): boolean {
  return errnoOf(error) === 1064;
}

/** ER_SPECIFIC_ACCESS_DENIED_ERROR: the statement needs a privilege that the account lacks. */
export function lacksPrivilege(error: unknown): boolean {
  return errnoOf(error) === 1227;
}

/** ER_DUP_ENTRY: another row has the key. */
export function isDuplicateKey(error: unknown): boolean {
  return errnoOf(error) === 1062;
}

/** The driver has given the connection up: what its statement did is not known. */
export function isFatal(error: unknown): boolean {
  return error instanceof Error && 'fatal' in error && error.fatal === true;
}
