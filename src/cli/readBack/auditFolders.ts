import {
  type FolderFault,
  type FolderFindings,
  folderFaults,
  keysAtMost,
  sweepCondemned,
} from '../../audit/auditFolders.ts';
import { lookAtTable } from '../../audit/lookAtTable.ts';
import type { Config } from '../../config/load.ts';
import { Source } from '../../job/source.ts';
import { formatTableName } from '../../model/tableName.ts';
import { counted } from '../text/format.ts';

/** What a look at the tables' folders found, by table; those that are as they should be aren't in it. */
export interface FolderAudit {
  folders: Record<string, FolderFindings>;
  swept: Record<string, string[]>;
  /** What the checks of the bucket refuse, by table: lifecycle rules that would expire the archive, suspended versions. */
  bucket: Record<string, string[]>;
  /** How far the catalogue of the config is behind, by table. */
  catalog: Record<string, string>;
  lines: string[];
  wrong: boolean;
}

export const nothingBeside: FolderAudit = { folders: {}, swept: {}, bucket: {}, catalog: {}, lines: [], wrong: false };

const mostNamed = 5;
const says: Readonly<Record<FolderFault, string>> = {
  unnamed: 'readers take it for data and nothing names it; look at what it is and move it away',
  doubled: 'readers see the rows of this part twice; sediment heal of its day, or its next purge, removes it',
  missing: 'the ledger relies on it and it is gone; put it back from its versions',
  changed: 'readers see another version than the one that was verified; put that one back',
  halfUploaded:
    'an attempt that is over left its upload; the day’s next heal or export aborts it, or: aws s3api abort-multipart-upload',
};

/** Holds what lies below each table's prefix against the ledger; with `sweep`, removes first what the ledger has condemned. */
export async function auditTableFolders(
  config: Config,
  tables: readonly string[] | undefined,
  sweep: boolean,
): Promise<FolderAudit> {
  const source = new Source(config);
  const audit: FolderAudit = { folders: {}, swept: {}, bucket: {}, catalog: {}, lines: [], wrong: false };
  try {
    await source.withLedger(async (ledger) => {
      for (const policy of config.tables) {
        const table = formatTableName(policy);
        if (tables && !tables.includes(table)) continue;
        const swept = sweep ? await sweepCondemned(source, ledger, policy) : [];
        if (swept.length > 0) audit.swept[table] = swept;
        if (sweep) audit.lines.push(`${table}: ${counted(swept.length, 'condemned object')} removed.`);
        const { folders: found, bucket, catalog } = await lookAtTable(source, ledger, policy);
        if (bucket.length > 0) audit.bucket[table] = bucket;
        if (catalog !== null) audit.catalog[table] = catalog;
        const others = [...bucket, ...(catalog === null ? [] : [catalog])];
        audit.wrong ||= others.length > 0;
        audit.lines.push(...others.map((each) => `${table}: ${each}`));
        for (const fault of folderFaults) {
          const count = found.counts[fault];
          if (count === 0) continue;
          audit.folders[table] = found;
          audit.wrong = true;
          for (const key of found[fault].slice(0, mostNamed)) audit.lines.push(`${key} ${fault}: ${says[fault]}`);
          if (count > mostNamed)
            audit.lines.push(
              `${table}: ${counted(count - mostNamed, 'more object')} ${fault}; --json lists ${count > keysAtMost ? `the first ${keysAtMost}` : 'them'}`,
            );
        }
      }
    });
  } finally {
    source.close();
  }
  return audit;
}
