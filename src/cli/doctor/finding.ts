import { exitCodes } from '../output.ts';
import { type Line, type Tone, wrap } from '../text/terminal.ts';

/** `note`: works, and a person should know. `refused`: a safety rule leaves the table out. */
export type Level = 'ok' | 'note' | 'refused' | 'failed';

export interface Finding {
  /** What was looked at: temporal, store, mysql, rights, or a table. */
  what: string;
  level: Level;
  message: string;
}

const tones: Record<Level, Tone | undefined> = { ok: undefined, note: 'waits', refused: 'bad', failed: 'bad' };

/** A line a finding; the worst are in capitals, so that a pipe shows them too. */
export function findingLines(findings: readonly Finding[], width: number): Line[] {
  const nameWidth = Math.max(...findings.map(({ what }) => what.length));
  return findings.flatMap(({ what, level, message }) => {
    const label = (level === 'failed' ? 'FAILED' : level).padEnd(7);
    const tone = tones[level];
    return wrap(`${label}  ${what.padEnd(nameWidth)}  ${message}`, width, ' '.repeat(11 + nameWidth)).map(
      (text): Line => (tone ? { text, tone } : { text }),
    );
  });
}

export function exitCodeOf(findings: readonly Finding[]): number {
  if (findings.some(({ level }) => level === 'failed')) return exitCodes.failed;
  return findings.some(({ level }) => level === 'refused') ? exitCodes.refused : exitCodes.ok;
}
