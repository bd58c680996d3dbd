/** What stopped, and the command by which it goes on. */
export interface Stop {
  /** In full, as whoever stopped wrote it. */
  reason: string;
  /** As a shell takes it; null where a person has to mend something that no command does. */
  command: string | null;
}

/**
 * Reads what an error that stops a table has written into the ledger: one text, `db.table day: ` before it, and at its
 * end the command. This is the one place that reads it; every other takes the fields.
 */
export function readStop(text: string, subject = ''): Stop {
  const reason = text.startsWith(subject) ? text.slice(subject.length) : text;
  return { reason, command: /(?<=\s)sediment \w+ .*$/s.exec(reason)?.[0] ?? null };
}

/** What is wrong, without the command. */
export function findingOf({ reason, command }: Stop): string {
  return command === null ? reason : reason.slice(0, reason.length - command.length).trimEnd();
}
