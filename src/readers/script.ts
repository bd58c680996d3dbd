/** A statement of a script, and what it makes. */
export interface Piece {
  name: string;
  statement: string;
}

/** What a reader is given: statements in their order, after what a person has to know. */
export interface Script {
  notes: string[];
  pieces: Piece[];
}

/** How a script names what it makes. */
export interface Naming {
  /** The reader's schema, database or dataset. */
  schema: string;
  /** The view; the raw table is called the same with `_csv` behind it. */
  view: string;
  dates: 'null' | 'text';
}

/** A name of letters, digits and `_` in lower case, which every catalogue takes. */
export function plainName(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_');
  return /^[a-z_]/.test(plain) ? plain : `t_${plain}`;
}

/** A script of SQL as text: notes as comments, each statement with its end. */
export function sqlText({ notes, pieces }: Script): string {
  const comments = notes.map((note) => `-- ${note}\n`).join('');
  return comments + pieces.map(({ statement }) => `${statement};\n`).join('\n');
}

/** The same with `#` for comments, for scripts that no SQL client runs. */
export function plainText({ notes, pieces }: Script, before = ''): string {
  const comments = notes.map((note) => `# ${note}\n`).join('');
  return `${before}${comments}${pieces.map(({ statement }) => `${statement}\n`).join('\n')}`;
}

/** Lines of a list, indented below a statement's first word. */
export function listed(items: readonly string[], indent = 7): string {
  return items.join(`,\n${' '.repeat(indent)}`);
}
