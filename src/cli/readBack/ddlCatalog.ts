import type { Config } from '../../config/load.ts';
import type { TablePolicy } from '../../config/policy.ts';
import { tableArgument } from '../../model/tableName.ts';
import type { ArchiveShape } from '../../readers/archiveShape.ts';
import { applyGlue, type CatalogFindings, checkGlue } from '../../readers/glueCatalog.ts';
import { GlueClient } from '../../readers/glueClient.ts';
import { WrongUse } from '../explain/explain.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { counted } from '../text/format.ts';

interface Catalogued {
  policy: TablePolicy;
  shape: ArchiveShape;
  view: string;
}

/** Brings Glue's catalogue to the manifests, or says how far it is behind. @throws WrongUse */
export async function catalogued(
  config: Config,
  options: CommonOptions & { apply?: boolean },
  { policy, shape, view }: Catalogued,
): Promise<number> {
  const glue = config.catalog?.glue;
  if (!glue)
    throw new WrongUse(
      'The config names no catalogue. Write catalog: { glue: { database: archive } }, or run the script of --for glue.',
    );
  const client = new GlueClient({ region: glue.region ?? config.store.region, endpoint: glue.endpoint });
  const where = { client, database: glue.database };
  const found = await (options.apply ? applyGlue : checkGlue)(where, shape, view);
  const days = (partitions: CatalogFindings['missing']) => partitions.map(({ Values }) => Values.join('-'));
  const document = {
    database: glue.database,
    table: found.table,
    missing: days(found.missing),
    differing: days(found.differing),
  };
  const isCurrent = found.table === 'current' && found.missing.length + found.differing.length === 0;
  const counts = `table ${found.table}, ${counted(found.missing.length, 'day')} missing, ${found.differing.length} with other columns`;
  const command = `sediment ddl ${tableArgument(policy)} --for glue --apply`;
  const says = isCurrent
    ? `Glue ${glue.database} is as the archive is now.`
    : options.apply
      ? `Glue ${glue.database} was brought up to date: ${counts} before.`
      : `Glue ${glue.database} is behind: ${counts}; go on with ${command}`;
  print(options, { ...document, applied: options.apply === true }, [says]);
  return isCurrent || options.apply ? exitCodes.ok : exitCodes.failed;
}
