import { type NamedFinding, sentence } from '../../checks/check.ts';
import { checkArchived, type OpenedTable } from '../../checks/openTable.ts';
import type { TablePolicy } from '../../config/policy.ts';
import { openReplica, ReplicaBehind } from '../../export/replicaSessions.ts';
import { Stopped } from '../../job/attempt.ts';
import { clockTolerance } from '../../job/clocks.ts';
import type { TableJob } from '../../job/job.ts';
import type { Source } from '../../job/source.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { messageOf } from '../../model/error.ts';
import { formatTableName } from '../../model/tableName.ts';
import { isUncounted, readStatementCounters, statementSummary } from '../../mysql/impact/statements.ts';
import {
  describeRights,
  lackingRights,
  type NeededRight,
  neededRights,
  readGrants,
} from '../../mysql/schema/grants.ts';
import { readServerFacts, type ServerFacts } from '../../mysql/schema/serverFacts.ts';
import { TableRefused, type TableSchema } from '../../mysql/schema/tableSchema.ts';
import { joinResourceGroup, ResourceGroupRefused } from '../../mysql/session/resourceGroup.ts';
import type { Session } from '../../mysql/session/session.ts';
import { explain } from '../explain/explain.ts';
import { checkAurora } from './doctorAurora.ts';
import type { Finding } from './finding.ts';

/** A worker works at eight activities at once, and an export counts two connections. */
const workerConnections = 16;
/** A run that its schedule's time lies a minute ahead of is refused. */
const skewNoteSeconds = 2;
const skewFailedSeconds = 30;

/** The server itself and the user's rights. */
export async function checkServer(
  source: Source,
  policies: readonly TablePolicy[],
): Promise<{ reachable: boolean; findings: Finding[] }> {
  let session: Session;
  try {
    session = await source.open('READ COMMITTED');
  } catch (error) {
    return { reachable: false, findings: [{ what: 'mysql', level: 'failed', message: explain(error).message }] };
  }
  try {
    const facts = await readServerFacts(session);
    const findings = [
      ...serverFindings(facts),
      ...(await checkGroups(session, policies)),
      ...(await checkRights(session, source, policies)),
      ...(await checkImpact(session, policies)),
      ...(await checkAurora(session, source, policies)),
    ];
    return { reachable: true, findings };
  } catch (error) {
    return { reachable: false, findings: [{ what: 'mysql', level: 'failed', message: explain(error).message }] };
  } finally {
    session.close();
  }
}

/** What a server's facts mean for a run. Pure. */
export function serverFindings(facts: ServerFacts): Finding[] {
  const finding = (level: Finding['level'], message: string): Finding => ({ what: 'mysql', level, message });
  const bound = facts.maxUserConnections;
  const skew = Math.abs(facts.clockAheadSeconds);
  const log = facts.binaryLog ? `binary log in ${facts.binlogFormat} format` : 'no binary log';
  const findings = [
    finding(
      'ok',
      `${facts.what}, ${log}, ${bound === 0 ? 'no bound of connections' : `${bound} connections for the user`}`,
    ),
  ];
  if (facts.readOnly) findings.push(finding('failed', 'the server is read-only: connect to the writer'));
  if (facts.binaryLog && facts.binlogFormat === 'STATEMENT')
    findings.push(
      finding(
        'failed',
        'binlog_format is STATEMENT, under which InnoDB refuses to delete in READ COMMITTED: SET GLOBAL binlog_format = ROW',
      ),
    );
  if (bound > 0 && bound < workerConnections)
    findings.push(
      finding(
        'note',
        `MAX_USER_CONNECTIONS is ${bound}, and a worker opens up to ${workerConnections}: exports will fail and ` +
          `be tried again; ALTER USER … WITH MAX_USER_CONNECTIONS ${workerConnections} a worker`,
      ),
    );
  if (facts.aurora)
    findings.push(finding('note', 'DELETE gives no disk back on Aurora; the pages are used again by later rows'));
  if (skew >= skewNoteSeconds)
    findings.push(
      finding(
        skew >= skewFailedSeconds ? 'failed' : 'note',
        `the server's clock is ${skew.toFixed(1)} s ${facts.clockAheadSeconds > 0 ? 'ahead of' : 'behind'} this ` +
          `machine's: set both by NTP, for the server's decides which day is over; from ${clockTolerance} s on no ` +
          'purge deletes',
      ),
    );
  return findings;
}

/** The resource groups that policies name. */
async function checkGroups(session: Session, policies: readonly TablePolicy[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const group of new Set(policies.flatMap(({ throttle }) => throttle.resourceGroup ?? []))) {
    const what = 'resource group';
    try {
      await joinResourceGroup(session, group);
      findings.push({ what, level: 'ok', message: `sessions of purges and exports join ${group}` });
    } catch (error) {
      if (!(error instanceof ResourceGroupRefused)) throw error;
      findings.push({ what, level: 'failed', message: error.message });
    }
  }
  return findings;
}

/** How what others feel will be measured. */
async function checkImpact(session: Session, policies: readonly TablePolicy[]): Promise<Finding[]> {
  if (policies.every(({ pace }) => pace === 'full')) return [];
  const what = 'impact';
  const canary = 'what others feel of a purge is measured by the canary alone, a row that is read and written';
  try {
    if (await readStatementCounters(session))
      return [{ what, level: 'ok', message: 'what others feel of a purge is measured by their own statements' }];
    const why = 'performance_schema counts no statement of another user (performance_schema = ON to have it counted)';
    return [{ what, level: 'ok', message: `${canary}: ${why}` }];
  } catch (error) {
    const why = isUncounted(error) ? `the user lacks SELECT ON ${statementSummary}` : explain(error).message;
    return [{ what, level: 'note', message: `${canary}: ${why}; sediment doctor --grants prints the SQL` }];
  }
}

async function checkRights(session: Session, source: Source, policies: readonly TablePolicy[]): Promise<Finding[]> {
  const granted = await readGrants(session);
  const missing = lackingRights(neededRights(policies, source.config.source.ledger), granted);
  if (missing.length === 0) return [{ what: 'rights', level: 'ok', message: 'the user has all that it needs' }];
  const hint = granted.roles ? ' A role that holds it counts only while it is active: SET DEFAULT ROLE.' : '';
  return missing.map((each) => ({
    what: 'rights',
    level: each.native ? 'note' : 'failed',
    message: `the user lacks ${describeRights(each)}; sediment doctor --grants prints the SQL.${withoutIt(each, session)}${hint}`,
  }));
}

function withoutIt({ rights, native }: NeededRight, { flavor }: Session): string {
  if (native) return ' Without them its native partitions go in chunks.';
  if (rights.includes('PROCESS') && flavor === 'mysql')
    return ' Without PROCESS every purge waits: its throttle can’t read the history list.';
  return '';
}

/** One table: what a run would refuse, and what its readers would trip over. */
export async function checkTable(source: Source, policy: TablePolicy): Promise<Finding[]> {
  const what = formatTableName(policy);
  let session: Session | undefined;
  try {
    session = await source.open('READ COMMITTED');
    const ledger = new Ledger(session, source.config.source.ledger);
    const { findings, opened } = await checkArchived(ledger, policy, { moment: 'doctor', config: source.config });
    const reported = findings.map((each) => asFinding(what, each));
    if (!opened || reported.some(({ level }) => level === 'refused')) return reported;
    const { schema, kind } = opened;
    const message = `${kind} ${policy.timeColumn} by index ${schema.index}, retention ${policy.retention}, purge ${policy.purge}`;
    const read = await checkReplica({ source, ledger, policy }, opened);
    return [
      { what, level: 'ok', message },
      ...read,
      ...reported,
      ...layoutFindings(what, schema, source.config.store.layout),
    ];
  } catch (error) {
    const refused = error instanceof TableRefused;
    return [{ what, level: refused ? 'refused' : 'failed', message: refused ? error.reason : explain(error).message }];
  } finally {
    session?.close();
  }
}

/** Nobody waits for a doctor. */
const replicaPatienceSeconds = 2;

/** Where the table's exports read, if not from the source. */
async function checkReplica(job: Omit<TableJob, 'attempt'>, opened: OpenedTable): Promise<Finding[]> {
  const { exportReplica: replica } = job.source.config.source;
  if (job.policy.export?.from !== 'replica' || !replica) return [];
  const what = formatTableName(job.policy);
  const attempt = { heartbeat: () => undefined, signal: new AbortController().signal };
  try {
    const asked = { replica, patienceSeconds: replicaPatienceSeconds };
    const session = await openReplica({ ...job, attempt }, opened, asked);
    session.close();
    return [{ what, level: 'ok', message: `its exports read replica ${replica.name}, which has all of the source` }];
  } catch (error) {
    const level = error instanceof Stopped ? 'refused' : error instanceof ReplicaBehind ? 'note' : 'failed';
    return [{ what, level, message: level === 'failed' ? explain(error).message : messageOf(error) }];
  }
}

function asFinding(what: string, found: NamedFinding): Finding {
  return { what, level: found.severity === 'refuse' ? 'refused' : 'note', message: sentence(found) };
}

const partitionColumns = { hive: ['year', 'month', 'day'], dt: ['dt'], plain: [] as string[] };

/** Athena and Spark make a column of each `name=value` folder. */
function layoutFindings(what: string, schema: TableSchema, layout: keyof typeof partitionColumns): Finding[] {
  const taken = schema.columns.filter(({ name }) => partitionColumns[layout].includes(name.toLowerCase()));
  return taken.map(({ name }) => ({
    what,
    level: 'note',
    message:
      `its column ${name} has the name of a folder of layout ${layout}, which Athena and Spark read as a ` +
      'column too: choose another layout before its first archive',
  }));
}
