import { claimKey } from '../archive/claim.ts';
import { rootPrefix } from '../archive/keys.ts';
import { Stopped } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { KeyExists } from '../s3/errors.ts';

const owned = new WeakMap<Source, Promise<void>>();

/**
 * Checks that the prefix is this source's, by `_sediment.json`, and writes that file if the prefix is empty. So two
 * sources never share a prefix (pitfall P78), and our objects are never mixed with others (pitfall P40: a key belongs to
 * another run). Checked once per process.
 * @throws Stopped
 */
export function requireOwnPrefix(source: Source): Promise<void> {
  let looking = owned.get(source);
  if (!looking) {
    looking = look(source);
    looking.catch(() => owned.delete(source));
    owned.set(source, looking);
  }
  return looking;
}

async function look(source: Source): Promise<void> {
  const refusal = await prefixRefusal(source);
  if (refusal !== undefined) throw new Stopped(refusal);
  const { store, config } = source;
  const key = ownerKey(source);
  if (await store.head(key)) return;
  try {
    const own = { source: config.source.name, layout: config.store.layout };
    const body = JSON.stringify({ version: 1, ...own, server: `${config.source.host}:${config.source.port}` });
    await store.putNew(key, Buffer.from(`${body}\n`), 'application/json');
  } catch (error) {
    if (!(error instanceof KeyExists)) throw error;
    // Another worker wrote it first, perhaps one of another source.
    const foreign = await prefixRefusal(source);
    if (foreign !== undefined) throw new Stopped(foreign);
  }
}

function ownerKey({ config }: Pick<Source, 'config'>): string {
  return `${rootPrefix(config.store.prefix)}_sediment.json`;
}

/** Why the prefix isn't this source's; undefined where it is, or is nobody's yet. Writes nothing. */
export async function prefixRefusal(source: Pick<Source, 'config' | 'store'>): Promise<string | undefined> {
  const { store, config } = source;
  const root = rootPrefix(config.store.prefix);
  const key = ownerKey(source);
  if (!(await store.head(key))) {
    // A purge may have claimed the server first.
    const stranger = await store.first(root, [`${root}_staging/`, claimKey(config.store.prefix)]);
    if (stranger === undefined) return undefined;
    return (
      `bucket ${config.store.bucket}${root ? `, prefix ${root}` : ''} holds ${stranger} and no ${key}: nobody can say whose it is. ` +
      'Leave that where it is, and put the archive beside it: store: { prefix: sediment/ }. Files of an earlier INTO OUTFILE ' +
      `stay readable in one view with it: sediment ddl <table> --for athena --old s3://${config.store.bucket}/${root} --old-until <day>`
    );
  }
  const owner = parseOwner(await store.read(key));
  if (owner?.source !== config.source.name)
    return (
      `${key} says that the prefix belongs to source ${owner?.source ?? '(unreadable)'}, this is ${config.source.name}: ` +
      'give each source a prefix of its own'
    );
  if (owner.layout !== config.store.layout)
    return `${key} says layout: ${owner.layout}, the config says ${config.store.layout}: put store.layout: ${owner.layout} back`;
  return undefined;
}

function parseOwner(bytes: Buffer): { source?: string; layout?: string } | undefined {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
