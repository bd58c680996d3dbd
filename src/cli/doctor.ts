import { openTable, Source } from '../activities/source.ts';
import { formatTableName } from '../archive/tableName.ts';
import type { Config } from '../config/load.ts';
import { type CommonOptions, exitCodes, explain, print, temporalAddress, withClient } from './context.ts';

interface Finding {
  what: string;
  ok: boolean;
  refused?: boolean;
  message: string;
}

/** Looks at everything that a run needs and says for each what to do. It writes one object below `_staging/`, and removes it. */
export async function doctor(config: Config, options: CommonOptions): Promise<number> {
  const findings: Finding[] = [];
  const look = async (what: string, check: () => Promise<string>) => {
    try {
      findings.push({ what, ok: true, message: await check() });
    } catch (error) {
      const refused = error instanceof Error && error.name === 'TableRefused';
      findings.push({ what, ok: false, refused, message: explain(error).message });
    }
  };
  const source = new Source(config);
  await look('temporal', () =>
    withClient(async () => `${temporalAddress().address}, namespace ${temporalAddress().namespace}`),
  );
  await look('store', async () => {
    const { versioning, conditionalWrites } = await source.store.probe();
    if (!conditionalWrites)
      throw new Error(
        `bucket ${config.store.bucket} lets one key be written twice: it can be exported to, but leave purge: disabled`,
      );
    if (!versioning && !config.store.allowUnversioned)
      throw new Error(
        `bucket ${config.store.bucket} keeps no versions: nothing is purged against it. Turn versioning on, or set store.allowUnversioned`,
      );
    return `bucket ${config.store.bucket}`;
  });
  await look('mysql', async () => {
    const session = await source.open('READ COMMITTED');
    try {
      const [row] = await session.rows('SELECT @@innodb_read_only + @@global.read_only AS reader');
      if (Number(row?.reader) > 0) throw new Error('the server is read-only: connect to the writer');
      return session.serverVersion;
    } finally {
      session.close();
    }
  });
  if (findings.at(-1)?.ok)
    for (const policy of config.tables)
      await look(formatTableName(policy), async () => {
        const session = await source.open('READ COMMITTED');
        try {
          const { schema, kind } = await openTable(session, policy);
          return `${kind} ${policy.timeColumn} by index ${schema.index}, retention ${policy.retention}, purge ${policy.purge}`;
        } finally {
          session.close();
        }
      });
  source.close();
  print(
    options,
    { findings },
    findings.map(
      (each) =>
        `${each.ok ? 'ok     ' : each.refused ? 'refused' : 'FAILED '}  ${each.what.padEnd(24)}  ${each.message}`,
    ),
  );
  if (findings.some((each) => !each.ok && !each.refused)) return exitCodes.failed;
  return findings.some((each) => each.refused) ? exitCodes.refused : exitCodes.ok;
}
