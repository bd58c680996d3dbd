/** What a check looks at: one table, the MySQL server, the bucket, or the policy file. */
export type Scope = 'table' | 'server' | 'store' | 'policy';

/**
 * When a check is asked: by `doctor` (and `plan`), by whatever opens a table (export, verify, commit, heal, plan of a
 * run), and at the beginning of every slice of a purge.
 */
export type Moment = 'doctor' | 'run' | 'slice';

/** What a check found. `refuse` stops the work that asked; `warn` is for a person to read. */
export interface Finding {
  severity: 'refuse' | 'warn';
  /** The fact, and where it was seen. */
  message: string;
  /** The statement, policy line or command that goes on. */
  remedy: string;
}

/** One rule, decided from facts that were read before: no connection, no clock. */
export interface Check<Facts> {
  /** The name of its file. */
  name: string;
  scope: Scope;
  when: readonly Moment[];
  run(facts: Facts): Finding[];
}

export interface NamedFinding extends Finding {
  check: string;
}

/** A finding as one sentence and its remedy. */
export function sentence({ message, remedy }: Finding): string {
  return remedy ? `${message}; ${remedy}` : message;
}

export function refuse(message: string, remedy: string): Finding[] {
  return [{ severity: 'refuse', message, remedy }];
}

export function warn(message: string, remedy: string): Finding[] {
  return [{ severity: 'warn', message, remedy }];
}

/** What the checks of a moment find, in the order of the list. */
export function findingsOf<Facts>(checks: readonly Check<Facts>[], moment: Moment, facts: Facts): NamedFinding[] {
  return checks
    .filter(({ when }) => when.includes(moment))
    .flatMap((check) => check.run(facts).map((finding) => ({ check: check.name, ...finding })));
}
