import { dayOfKey, rootPrefix, supersededKey, tablePrefix } from '../archive/keys.ts';
import type { Config } from '../config/load.ts';
import type { ObjectTags } from '../s3/objectTags.ts';

/**
 * The tags of the object with this key under `store.tagging`: whose it is, and, below a table's folder or what heals have
 * replaced of it, database, table and day. Undefined without that key, and for what is only staged.
 */
export function objectTagsOf({ source, store, tables }: TagConfig, key: string): ObjectTags | undefined {
  const root = rootPrefix(store.prefix);
  if (!store.tagging || key.startsWith(`${root}_staging/`)) return undefined;
  const own = { source: source.name, dataset: store.tagging.dataset };
  for (const { database, table } of tables) {
    const folder = { prefix: store.prefix, layout: store.layout, database, table };
    const prefix = [tablePrefix(folder), supersededKey(store.prefix, tablePrefix(folder))].find((each) =>
      key.startsWith(each),
    );
    if (prefix === undefined) continue;
    const day = dayOfKey(store.layout, key.slice(prefix.length));
    return { ...own, database, table, ...(day && { day }) };
  }
  return own;
}

type TagConfig = {
  source: Pick<Config['source'], 'name'>;
  store: Pick<Config['store'], 'prefix' | 'layout' | 'tagging'>;
  tables: readonly Pick<Config['tables'][number], 'database' | 'table'>[];
};
