import { folderFaults } from '../audit/auditFolders.ts';
import { lookAtTable } from '../audit/lookAtTable.ts';
import { policiesOf } from '../config/policy.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { messageOf } from '../model/error.ts';
import { formatTableName } from '../model/tableName.ts';

export interface FoldersInput {
  /** Only these, as `db.table`; left out: all tables of the config. */
  tables?: readonly string[] | undefined;
}

/** Looks at the folders of each table, its bucket and its catalogue. @returns what is wrong, by table; the first hundred */
export async function auditFolders(
  source: Source,
  input: FoldersInput,
  attempt: Attempt,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const policy of policiesOf(source.config, input.tables)) {
    attempt.signal.throwIfAborted();
    const table = formatTableName(policy);
    attempt.heartbeat({ phase: 'looking at folders', table });
    const text = await source
      .withLedger(async (ledger) => {
        const { folders, bucket, catalog } = await lookAtTable(source, ledger, policy);
        const faults = folderFaults.flatMap((fault) => {
          const [first] = folders[fault];
          return first ? [`${folders.counts[fault]} ${fault}, the first ${first}`] : [];
        });
        return [...faults, ...bucket, ...(catalog === null ? [] : [catalog])].join('; ');
      })
      .catch((error: unknown) => {
        attempt.signal.throwIfAborted();
        return `its folders could not be looked at: ${messageOf(error)}`;
      });
    if (text !== '' && Object.keys(found).length < 100) found[table] = text.slice(0, 400);
  }
  return found;
}
