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
  const { store, config } = source;
  const root = rootPrefix(config.store.prefix);
  const key = `${root}_sediment.json`;
  const own = { source: config.source.name, layout: config.store.layout };
  if (!(await store.head(key))) {
    // A purge may have claimed the server first.
    const apart = [`${root}_staging/`, claimKey(config.store.prefix)];
    const stranger = await store.first(root, apart);
    if (stranger !== undefined)
      throw new Stopped(
        [
          `bucket ${config.store.bucket}${root ? `, prefix ${root}` : ''} holds ${stranger} and no ${key}: nobody can say whose it is.`,
          'Give Sediment a prefix of its own (store.prefix)',
        ].join(' '),
      );
    try {
      const body = JSON.stringify({ version: 1, ...own, server: `${config.source.host}:${config.source.port}` });
      await store.putNew(key, Buffer.from(`${body}\n`), 'application/json');
      return;
    } catch (error) {
      // Another worker wrote it first. The owner is read below.
      if (!(error instanceof KeyExists)) throw error;
    }
  }
  const owner = parseOwner(await store.read(key));
  if (owner?.source !== own.source)
    throw new Stopped(
      `${key} says that the prefix belongs to source ${owner?.source ?? '(unreadable)'}, this is ${own.source}: give each source a prefix of its own`,
    );
  if (owner.layout !== own.layout)
    throw new Stopped(
      `${key} says layout: ${owner.layout}, the config says ${own.layout}: put store.layout: ${owner.layout} back`,
    );
}

function parseOwner(bytes: Buffer): { source?: string; layout?: string } | undefined {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
