import type { Config } from '../config/load.ts';
import type { TablePolicy } from '../config/policy.ts';
import { formatTableName } from '../model/tableName.ts';
import { type AuroraFacts, readAuroraFacts } from '../mysql/schema/auroraFacts.ts';
import { TableRefused } from '../mysql/schema/tableSchema.ts';
import type { Session } from '../mysql/session/session.ts';
import { unwritableStore } from '../procedures/exportProcedure.ts';

/** Which engine exports a table, and why it is this one. */
export interface ChosenEngine {
  engine: 'stream' | 'aurora';
  why: string;
}

type Policy = Pick<TablePolicy, 'database' | 'table' | 'engine' | 'export'>;

/** Why a server can't write a table into S3 by itself, and what is to be done; undefined if it can. */
export function obstacle(
  facts: AuroraFacts | undefined,
  policy: Policy,
  { source, store }: Pick<Config, 'source' | 'store'>,
): { fact: string; remedy: string } | undefined {
  if (!facts)
    return { fact: 'the server isn’t Aurora MySQL (it has no @@aurora_version)', remedy: 'Write engine: stream' };
  if (policy.export?.from === 'replica')
    return { fact: 'its policy says export: { from: replica }', remedy: 'Write export: { from: writer }' };
  if (facts.reader)
    return {
      fact: '@@innodb_read_only is 1: this is a reader',
      remedy: 'Point source.url at the cluster’s writer endpoint',
    };
  if (facts.role === '')
    return {
      fact: 'the cluster parameter aws_default_s3_role is empty',
      remedy:
        'Write the role’s ARN there: aws rds modify-db-cluster-parameter-group --db-cluster-parameter-group-name GROUP ' +
        '--parameters ParameterName=aws_default_s3_role,ParameterValue=ARN,ApplyMethod=pending-reboot',
    };
  if (!facts.granted)
    return {
      fact: 'SHOW GRANTS lists no AWS_SELECT_S3_ACCESS',
      remedy: `GRANT ${facts.version.startsWith('2.') ? 'SELECT INTO S3 ON *.*' : 'AWS_SELECT_S3_ACCESS'} TO '${source.user}'@'%'`,
    };
  const unwritable = unwritableStore(store);
  return unwritable === undefined ? undefined : { fact: unwritable, remedy: 'Write engine: stream' };
}

/** After a failover the writer's endpoint may name a reader for a while: the next attempt finds the writer. */
export class NotTheWriter extends Error {
  override readonly name = 'NotTheWriter';

  constructor({ host, port }: { host: string; port: number }) {
    super(
      `${host}:${port} is a reader (@@innodb_read_only is 1), which keeps no ledger. After a failover that passes by itself; ` +
        'else point source.url at the cluster’s writer endpoint',
    );
  }
}

/** @throws TableRefused where the policy asks for the aurora engine and the server can't, NotTheWriter */
export async function chooseEngine(
  session: Session,
  policy: Policy,
  config: Pick<Config, 'source' | 'store'>,
): Promise<ChosenEngine> {
  if (policy.engine === 'stream') return { engine: 'stream', why: 'its policy says so' };
  const facts = await readAuroraFacts(session);
  if (facts?.reader) throw new NotTheWriter(config.source);
  return choiceOf(facts, policy, config);
}

/** The same of facts that are known. @throws TableRefused */
export function choiceOf(
  facts: AuroraFacts | undefined,
  policy: Policy,
  config: Pick<Config, 'source' | 'store'>,
): ChosenEngine {
  if (policy.engine === 'stream') return { engine: 'stream', why: 'its policy says so' };
  const found = obstacle(facts, policy, config);
  if (!found) return { engine: 'aurora', why: `Aurora MySQL ${facts?.version} writes into S3 as ${facts?.role}` };
  if (policy.engine !== 'aurora') return { engine: 'stream', why: found.fact };
  throw new TableRefused(
    formatTableName(policy),
    `its policy says engine: aurora, and ${found.fact}. ${found.remedy}`,
    { fact: `its policy says engine: aurora, and ${found.fact}`, remedy: found.remedy },
  );
}

/** Says of each policy whether the server writes its table into S3 itself; not where it is refused. */
export async function writersOf(
  session: Session,
  config: Pick<Config, 'source' | 'store'>,
): Promise<(policy: Policy) => boolean> {
  const facts = await readAuroraFacts(session);
  return (policy) => facts !== undefined && policy.engine !== 'stream' && obstacle(facts, policy, config) === undefined;
}
