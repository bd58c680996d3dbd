import { defaultThrottle } from '../../src/config/throttle.ts';
import { accountOf, imbalances, runFresh } from './crashedDay.ts';
import { attempt, type Prepare } from './faultMatrix.ts';
import { type Fate, Wire } from './wire.ts';
import type { World } from './world.ts';

/** A statement that an activity sends outside of the ledger and of the table's rows, and what became of the attempt in which it failed. */
export interface Refused {
  /** Its text without values. */
  shape: string;
  /** What ended the attempt; undefined where it went on. */
  error: string | undefined;
}

/** What an activity can't do without: what the table is and what acts on it, the user's rights, whose server it is and of whom a replica, its clock. */
const needed: readonly RegExp[] = [
  /information_schema\.(TABLES|COLUMNS|STATISTICS|TRIGGERS|INNODB_FOREIGN|INNODB_SYS_FOREIGN)\b/,
  /^SHOW GRANTS|^SELECT @@lower_case_table_names/,
  /^SELECT (@@server_uuid|CONCAT\(@@server_id|@@hostname AS host)|^SHOW GLOBAL STATUS LIKE \?$/,
  /^SELECT .*UTC_TIMESTAMP/,
  // Which engine exports a table.
  /^SELECT @@aurora_version AS version$|^SELECT @@innodb_read_only AS reader$|^SHOW GLOBAL VARIABLES LIKE \?$/,
  /^SHOW REPLICA STATUS|^SELECT COUNT\(\*\) AS number FROM information_schema\.PROCESSLIST/,
];

/** Whether the work can't go on without a statement of this shape. */
export function isNeeded(shape: string): boolean {
  return needed.some((each) => each.test(shape));
}

/** Begins and ends a transaction, or asks for nothing. */
const ofSession = /^(START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|SET |DO |KILL )/;

/** Statements that differ in values alone have one shape. */
function shapeOf(statement: string): string {
  return statement
    .replaceAll(/x'[0-9a-f]*'|'(?:[^'\\]|\\.|'')*'/gi, '?')
    .replaceAll(/\b\d+\b/g, '?')
    .replaceAll(/\?(, \?)+/g, '?')
    .slice(0, 600);
}

/** The shapes among a wire's steps that are neither the ledger's nor the data's, each once. */
function shapesOf(world: World, steps: readonly string[]): string[] {
  const statements = steps.flatMap((step) => (step.startsWith('sql ') ? [step.slice(4)] : []));
  const ours = statements.filter((statement) => {
    const rows = statement.replaceAll(/'(?:[^'\\]|\\.)*'/g, '');
    return (
      !ofSession.test(statement) && !rows.includes(world.config.source.ledger) && !rows.includes(`\`${world.name}\`.`)
    );
  });
  return [...new Set(ours.map(shapeOf))];
}

/**
 * Has each such statement of each of a job's activities fail once, and then the job done. A day's n-th shape of each
 * activity fails, so that as many days are needed as the longest activity has shapes.
 * @param wanted the shapes that are to fail
 * @returns what became of each, and a line for each day whose account is wrong
 */
export async function refuseEach(
  world: World,
  prepare: Prepare,
  wanted: (shape: string) => boolean,
): Promise<{ refused: Refused[]; wrong: string[] }> {
  let days = 0;
  const next = async () => {
    const smallDay = await prepare(world, `refused_${prepare.name.toLowerCase()}_${days++}`);
    // As in production: what is asked of the server's health is asked.
    const policy = world.config.tables.find(({ table }) => table === smallDay.table);
    if (policy) policy.throttle = { ...defaultThrottle, lockWaitSeconds: 0.05 };
    return smallDay;
  };
  const shapes: string[][] = [];
  for (const activity of (await next()).job) {
    const wire = await Wire.open(world.config);
    await attempt(wire, activity);
    shapes.push(shapesOf(world, wire.steps).filter(wanted));
  }
  const refused: Refused[] = [];
  const wrong: string[] = [];
  for (let turn = 0; turn < Math.max(...shapes.map((each) => each.length)); turn++) {
    const smallDay = await next();
    for (const [index, activity] of smallDay.job.entries()) {
      const shape = shapes[index]?.[turn];
      if (shape === undefined) {
        await runFresh(world, [activity]);
        continue;
      }
      let met = false;
      const wire = await Wire.open(world.config, (_, what): Fate => {
        if (met || !what.startsWith('sql ') || shapeOf(what.slice(4)) !== shape) return 'answered';
        met = true;
        return 'refused';
      });
      const error = await attempt(wire, activity);
      if (met) refused.push({ shape, error: error === undefined ? undefined : String(error) });
      if (error !== undefined) await runFresh(world, [activity]);
    }
    const found = imbalances(await accountOf(world, smallDay), smallDay.written);
    if (found.length > 0) wrong.push(`${shapes.map((each) => each[turn]).join(' | ')}: ${found.join('; ')}`);
  }
  return { refused, wrong };
}
