import type { TablePolicy } from '../../config/policy.ts';
import type { Source } from '../../job/source.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { formatTableName } from '../../model/tableName.ts';
import { dayManifest } from '../../partition/dayManifest.ts';
import { WrongUse } from '../explain/explain.ts';
import { counted } from '../text/format.ts';

/** The primary key's columns are those of the newest manifest. @throws WrongUse where the number of values is another */
export async function keyCondition(
  source: Source,
  ledger: Ledger,
  policy: TablePolicy,
  values: readonly string[],
): Promise<string> {
  const newest = (await ledger.days(policy.database, policy.table))
    .filter(({ rowsArchived }) => rowsArchived > 0)
    .at(-1);
  if (!newest) throw new WrongUse(`${formatTableName(policy)} has no archived day yet`);
  const { primaryKey, columns } = await dayManifest(source, policy, newest.day);
  if (values.length !== primaryKey.length)
    throw new WrongUse(
      `--key needs ${counted(primaryKey.length, 'value')}, of ${primaryKey.join(', ')}, and got ${values.length}: ` +
        `--key ${primaryKey.map((name) => `<${name}>`).join(' ')}`,
    );
  const conditions = primaryKey.map((name, position) => {
    const value = values[position] ?? '';
    const encoding = columns.find((column) => column.name === name)?.encoding;
    const literal =
      encoding === 'base64' && /^([0-9a-f]{2})*$/i.test(value) ? `x'${value}'` : `'${value.replaceAll("'", "''")}'`;
    return `\`${name.replaceAll('`', '``')}\` = ${literal}`;
  });
  return conditions.join(' and ');
}
