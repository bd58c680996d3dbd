import type { TablePolicy } from '../config/policy.ts';
import { Stopped } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { formatTableName } from '../model/tableName.ts';
import { isRightRefused } from '../mysql/errors.ts';
import { missingRights, neededRights, readGrants } from '../mysql/schema/grants.ts';

/** The server refused a statement for a right, which it doesn't always name, and the user lacks some of those that are needed. */
export class RightsLacking extends Stopped {
  override readonly name = 'RightsLacking';
  constructor(
    readonly table: string,
    readonly lacking: readonly string[],
    cause: Error,
  ) {
    super(
      `${table}: ${cause.message}. Of what Sediment needs, the user lacks ${lacking.join('; ')}, by its grants and its ` +
        'active roles. GRANT it (sediment doctor --grants prints the statements), or make the role active',
      { cause },
    );
  }
}

/** An error for a right with the names of those that are missing; any other as it is. */
export async function namingRights(source: Source, policy: TablePolicy, error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !isRightRefused(error)) return error;
  const lacking = await lackingNow(source, policy).catch(() => []);
  return lacking.length > 0 ? new RightsLacking(formatTableName(policy), lacking, error) : error;
}

async function lackingNow(source: Source, policy: TablePolicy): Promise<string[]> {
  const session = await source.open('READ COMMITTED');
  try {
    const needed = neededRights([policy], source.config.source.ledger).filter(({ native }) => !native);
    return missingRights(needed, await readGrants(session));
  } finally {
    session.close();
  }
}
