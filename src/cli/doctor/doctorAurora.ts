import { choiceOf } from '../../aurora/chooseEngine.ts';
import { type ProbeReport, probeDialect } from '../../aurora/probe.ts';
import type { TablePolicy } from '../../config/policy.ts';
import type { Source } from '../../job/source.ts';
import { formatTableName } from '../../model/tableName.ts';
import { type AuroraFacts, readAuroraFacts } from '../../mysql/schema/auroraFacts.ts';
import { TableRefused } from '../../mysql/schema/tableSchema.ts';
import type { Session } from '../../mysql/session/session.ts';
import { explain } from '../explain/explain.ts';
import type { Finding } from './finding.ts';

/** What an Aurora server can do, and which engine each table is exported by; nothing where no policy and no server is of Aurora. */
export async function checkAurora(
  session: Session,
  { config }: Source,
  policies: readonly TablePolicy[],
): Promise<Finding[]> {
  const facts = await readAuroraFacts(session);
  if (!facts) return engineFindings(facts, config, policies);
  const limits = await readLimits(session);
  return [...serverFindings(facts, limits), ...engineFindings(facts, config, policies)];
}

interface Limits {
  /** max_allowed_packet, in bytes. */
  packet: number;
  /** The instance's name, as CloudWatch has it. */
  instance: string;
}

function serverFindings(facts: AuroraFacts, { packet, instance }: Limits): Finding[] {
  const role = facts.role === '' ? 'no role of the cluster for S3' : `S3 as ${facts.role}`;
  const grant = facts.granted ? 'the user may write into S3' : 'the user may not write into S3';
  const kind = facts.reader ? 'a reader' : 'the writer';
  const message = `Aurora MySQL ${facts.version}, ${kind}, ${role}, ${grant}, max_allowed_packet ${packet}`;
  const disk =
    'the server writes up to 1 GiB at once to its local disk, whose free room no SQL shows: aws cloudwatch get-metric-statistics ' +
    `--namespace AWS/RDS --metric-name FreeLocalStorage --dimensions Name=DBInstanceIdentifier,Value=${instance} ` +
    '--statistics Minimum --period 300 --start-time "$(date -u -d \'1 hour ago\' +%FT%TZ)" --end-time "$(date -u +%FT%TZ)"';
  return [
    { what: 'aurora', level: 'ok', message },
    { what: 'aurora', level: 'ok', message: disk },
  ];
}

async function readLimits(session: Session): Promise<Limits> {
  const [row] = await session.rows('SELECT @@max_allowed_packet AS bytes, @@aurora_server_id AS instance');
  return { packet: Number(row?.bytes), instance: String(row?.instance) };
}

/** Pure. */
export function engineFindings(
  facts: AuroraFacts | undefined,
  config: Source['config'],
  policies: readonly TablePolicy[],
): Finding[] {
  return policies.flatMap((policy): Finding[] => {
    if (!facts && policy.engine !== 'aurora') return [];
    const what = formatTableName(policy);
    try {
      const { engine, why } = choiceOf(facts, policy, config);
      return [{ what, level: 'ok', message: `exported by the ${engine} engine: ${why}` }];
    } catch (error) {
      if (!(error instanceof TableRefused)) throw error;
      return [{ what, level: 'refused', message: error.reason }];
    }
  });
}

/** Has the server write hard values into S3 and reads them back: what no stand-in shows of a real cluster. */
export async function probeAurora(source: Source): Promise<Finding[]> {
  const what = 'probe';
  const session = await source.open('REPEATABLE READ');
  try {
    const facts = await readAuroraFacts(session);
    const [server] = await session.rows('SELECT @@version AS version');
    if (!facts) return [{ what, level: 'failed', message: 'the server isn’t Aurora MySQL: there is nothing to probe' }];
    return [probeFinding(`${facts.version} (${server?.version})`, await probeDialect(session, source))];
  } catch (error) {
    return [{ what, level: 'failed', message: explain(error).message }];
  } finally {
    session.close();
  }
}

/** Pure. */
export function probeFinding(version: string, report: ProbeReport): Finding {
  const facts = `Aurora MySQL ${version} wrote ${report.rows} rows, ${report.bytes} bytes, ${report.objects} objects in ${report.millis} ms`;
  const { differs } = report;
  if (!differs) return { what: 'probe', level: 'ok', message: `${facts}; every byte is as the dialect says` };
  return {
    what: 'probe',
    level: 'failed',
    message:
      `${facts}; from byte ${differs.at} on they are ${differs.found} where the dialect says ${differs.expected}: ` +
      'write engine: stream, and please report this line',
  };
}
