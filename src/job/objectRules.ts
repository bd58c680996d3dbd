import { supersededKey, tablePrefix } from '../archive/keys.ts';
import { lockedUntil } from '../config/archive.ts';
import type { Config } from '../config/load.ts';
import type { ObjectRules } from '../s3/requestOptions.ts';

/**
 * How an object with this key is to be written, by the policy of the table that it is of. What heals have replaced isn't
 * locked again where it is moved to, because its first version stays locked where it was; nor is the trace of a purge,
 * which is written over every few seconds.
 */
export function objectRulesOf(
  { store, tables }: Pick<Config, 'store' | 'tables'>,
  key: string,
  now: Date,
): ObjectRules | undefined {
  for (const { archive, database, table } of tables) {
    if (!archive || (archive.storageClass === undefined && !archive.lock)) continue;
    const prefix = tablePrefix({ prefix: store.prefix, layout: store.layout, database, table });
    const current = key.startsWith(prefix);
    if (!current && !key.startsWith(supersededKey(store.prefix, prefix))) continue;
    const { storageClass, lock } = archive;
    if (!lock || !current || key.endsWith(traceName)) return { storageClass };
    const mode = lock.mode === 'governance' ? 'GOVERNANCE' : 'COMPLIANCE';
    return { storageClass, lock: { mode, until: lockedUntil(lock, now) } };
  }
  return undefined;
}

const traceName = '/_purge.json';
