import { existsSync, readFileSync } from 'node:fs';
import { settled } from './day.ts';
import type { Measured } from './race.ts';
import type { Stage } from './stage.ts';

/** A jiffy of Linux' clock, in microseconds: 100 a second wherever Node runs. */
const jiffyMicros = 10_000;

/** Adds MySQL's processor time, with what its background threads clear away afterwards. Only Linux has the figure. */
export async function withServerTime({ mysql, session }: Stage, work: () => Promise<Measured>): Promise<Measured> {
  const before = jiffies(mysql.pid);
  const measured = await work();
  await settled(session);
  const after = jiffies(mysql.pid);
  if (before === undefined || after === undefined) return measured;
  return { ...measured, serverMicros: ((after - before) * jiffyMicros) / measured.rows };
}

function jiffies(pid: number): number | undefined {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return undefined;
  // The name is in brackets and may contain blanks; utime and stime are the 12th and 13th after it.
  const fields = readFileSync(file, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}
