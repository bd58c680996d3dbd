import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { OltpTask } from './oltpSubject.ts';

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

/** Resolves once its first transaction went through. @throws if it can't start */
export async function startApplication(task: OltpTask, signal: AbortSignal): Promise<Application> {
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
