import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Session } from '../src/mysql/session/session.ts';
import { laterDay } from './day.ts';
import type { OltpTask } from './oltpSubject.ts';
import { createOrders, fillDay, orders } from './orders.ts';
import type { Stage } from './stage.ts';

const subject = fileURLToPath(new URL('./oltpSubject.ts', import.meta.url));

/** One transaction of the application. */
export interface Transaction {
  /** Milliseconds since 1970, when it was due. */
  at: number;
  millis: number;
  table: string;
}

/** The application, in a process of its own, and all that it has done so far. */
export interface Application {
  done: Transaction[];
  stop(): void;
}

/** Rows that the application works on, in each of its tables; they are never purged. */
export const applicationRows = 100_000;
const applicationTables = ['orders', 'others'];

/** The application's tables, the one that is purged among them, and a user of its own: what its statements take is told apart from Sediment's. */
export async function createApplication(session: Session): Promise<void> {
  await session.execute(`CREATE DATABASE ${orders.database} CHARACTER SET utf8mb4`);
  for (const table of applicationTables) {
    await createOrders(session, table);
    await fillDay(session, { table, day: laterDay }, applicationRows, { logged: true });
  }
  await session.execute("CREATE USER 'application'@'%'");
  await session.execute(`GRANT ALL ON ${orders.database}.* TO 'application'@'%'`);
}

/**
 * Works on the application's tables. @param everyMillis a connection begins a transaction each so many milliseconds
 */
export function startApplication(stage: Pick<Stage, 'mysql' | 'signal'>, everyMillis: number): Promise<Application> {
  const tables = applicationTables.map((table) => `${orders.database}.${table}`);
  return startOltp({ port: stage.mysql.port, tables, rows: applicationRows, everyMillis }, stage.signal);
}

/** Resolves once its first transaction went through. @throws if it can't start */
async function startOltp(task: OltpTask, signal: AbortSignal): Promise<Application> {
  const child = spawn(process.execPath, ['--no-warnings', '--import', 'tsx', subject, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  signal.addEventListener('abort', () => child.kill(), { once: true });
  const done: Transaction[] = [];
  await new Promise<void>((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`the application ended by itself, code ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [at, millis, table = ''] = line.split(' ');
      done.push({ at: Number(at), millis: Number(millis), table });
      resolve();
    });
  });
  return { done, stop: () => child.kill() };
}
