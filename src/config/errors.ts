/** One mistake in the config file, and its position. */
export interface ConfigProblem {
  file: string;
  /** Counted from 1. */
  line: number;
  /** Counted from 1. */
  column: number;
  /** The key, as `tables[0].retention`; empty for the file as a whole. */
  path: string;
  /** The whole line for a person, with file, line and column. */
  message: string;
}

/** The config can't be used. Its fields are the first problem's; its message has a line per problem. */
export class ConfigError extends Error implements ConfigProblem {
  override readonly name = 'ConfigError';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;

  /** @param problems in the order of the file; never empty */
  constructor(
    readonly problems: readonly [ConfigProblem, ...ConfigProblem[]],
    options?: ErrorOptions,
  ) {
    super(problems.map((problem) => problem.message).join('\n'), options);
    const [first] = problems;
    this.file = first.file;
    this.line = first.line;
    this.column = first.column;
    this.path = first.path;
  }
}

/** The table isn't in the config; the message names similar ones. */
export class UnknownTable extends Error {
  override readonly name = 'UnknownTable';

  constructor(
    readonly table: string,
    readonly known: readonly string[],
    near: string | undefined,
    /** Where the config has the near one: `sediment.yaml:12`. */
    line?: string | undefined,
  ) {
    const listed =
      known.length > 10 ? `${known.slice(0, 10).join(', ')} and ${known.length - 10} more` : known.join(', ');
    super(
      `${table} has no policy. ${near ? `Did you mean ${near}?${line ? ` It is in ${line}.` : ''}` : `The config knows ${listed || 'no table'}.`}`,
    );
  }
}
