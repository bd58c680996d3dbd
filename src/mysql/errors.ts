/** The number of a server's error, as 1205 for ER_LOCK_WAIT_TIMEOUT; undefined if the error isn't the server's. */
export function errnoOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') return undefined;
  // The operating system's errors have negative numbers, as -111 for ECONNREFUSED.
  return error.errno > 0 ? error.errno : undefined;
}

/** ER_BAD_DB_ERROR and ER_NO_SUCH_TABLE: the first worker hasn't created the ledger yet. */
export function isMissingLedger(error: unknown): boolean {
  return [1049, 1146].includes(errnoOf(error) ?? 0);
}

/** ER_BAD_FIELD_ERROR: the ledger is of an earlier release. */
export function isMissingColumn(error: unknown): boolean {
  return errnoOf(error) === 1054;
}

/** ER_LOCK_WAIT_TIMEOUT: the transaction is still open. */
export function isLockWait(error: unknown): boolean {
  return errnoOf(error) === 1205;
}

/** ER_LOCK_DEADLOCK: the server has rolled the transaction back. */
export function isDeadlock(error: unknown): boolean {
  return errnoOf(error) === 1213;
}

/** ER_ROW_IS_REFERENCED_2, or ER_ROW_IS_REFERENCED if the user may not see the child table. */
export function isRowReferredTo(error: unknown): boolean {
  return [1451, 1217].includes(errnoOf(error) ?? 0);
}

/** ER_UNKNOWN_SYSTEM_VARIABLE: this product or version doesn't have the variable. */
export function isUnknownVariable(error: unknown): boolean {
  return errnoOf(error) === 1193;
}

/** ER_PARSE_ERROR: this product or version doesn't know the statement. */
export function isSyntaxError(error: unknown): boolean {
  return errnoOf(error) === 1064;
}

/** ER_SPECIFIC_ACCESS_DENIED_ERROR: the statement needs a privilege that the account lacks. */
export function lacksPrivilege(error: unknown): boolean {
  return errnoOf(error) === 1227;
}

/** A statement that the user may not send, by whichever right: of a database, a table, a column, a routine or the server. */
export function isRightRefused(error: unknown): boolean {
  return [1044, 1142, 1143, 1227, 1370, 1410, 1419, 3202, 3530].includes(errnoOf(error) ?? 0);
}

/** ER_DUP_ENTRY: another row has the key. */
export function isDuplicateKey(error: unknown): boolean {
  return errnoOf(error) === 1062;
}

/** The driver has lost the connection: whether its statement was executed isn't known. */
export function isFatal(error: unknown): boolean {
  return error instanceof Error && 'fatal' in error && error.fatal === true;
}
