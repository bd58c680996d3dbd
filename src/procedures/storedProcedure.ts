import { createHash } from 'node:crypto';
import { Stopped } from '../job/attempt.ts';
import { errnoOf } from '../mysql/errors.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session/session.ts';
import { sessionCharset, sessionCollation, sqlMode } from '../mysql/session/sessionVariables.ts';
import { sqlFile } from '../mysql/sqlFile.ts';

export interface StoredProcedure {
  name: string;
  create: string;
  /** The part of `create` after the characteristics. */
  body: string;
}

/** Another procedure has this name: it may do something else than Sediment's, or its body can't be read (pitfall P71: a procedure is replaced under a CALL). */
export class ProcedureReplaced extends Stopped {
  override readonly name = 'ProcedureReplaced';
  constructor(readonly procedure: string) {
    super(
      `the procedure ${procedure} isn't the one that Sediment wrote, or this user can't read it; DROP PROCEDURE ${procedure}, and it is written again`,
    );
  }
}

/** Fills sql/procedures/<kind>.sql. The name carries a hash of the body, because DROP PROCEDURE doesn't wait for a running CALL (pitfall P71). */
export function renderProcedure(
  kind: 'purge' | 'may_delete' | 'export',
  ledger: string,
  values: Readonly<Record<string, string>>,
): StoredProcedure {
  const file = `procedures/${kind}.sql`;
  const hash = createHash('sha256')
    .update(sqlFile(file, { ...values, name: '' }))
    .digest('hex')
    .slice(0, 16);
  const name = `${identifier(ledger)}.${identifier(`${kind}_${hash}`)}`;
  const create = sqlFile(file, { ...values, name });
  return { name, create, body: create.slice(create.search(/^\w+: BEGIN$/m)).trimEnd() };
}

/**
 * Creates the procedure if it is missing. If another worker created it meanwhile, that is success.
 * @throws ProcedureReplaced
 */
export async function ensureProcedure(session: Session, procedure: StoredProcedure): Promise<void> {
  try {
    await session.execute(procedure.create);
    return;
  } catch (error) {
    // ER_SP_ALREADY_EXISTS
    if (errnoOf(error) !== 1304) throw error;
  }
  const [standing] = await session.rows(`SHOW CREATE PROCEDURE ${procedure.name}`);
  const text = standing?.['Create Procedure'];
  if (typeof text !== 'string' || !text.trimEnd().endsWith(procedure.body)) throw new ProcedureReplaced(procedure.name);
  // A procedure runs under the sql_mode, charset and collation that it was created under, whoever calls it.
  const created = [standing?.sql_mode, standing?.character_set_client, standing?.collation_connection];
  const ours = [sqlMode, sessionCharset, sessionCollation];
  if (!created.every((value, index) => sameWords(value, ours[index]))) throw new ProcedureReplaced(procedure.name);
}

/** A sql_mode's words, sorted, because every server lists them in its own order. */
function sameWords(one: string | null | undefined, other: string | undefined): boolean {
  const sorted = (words: string | null | undefined) => String(words).split(',').sort().join();
  return sorted(one) === sorted(other);
}
