import { isSyntaxError, lacksPrivilege } from '../errors.ts';
import type { Session } from '../session.ts';

/** A place in the source's binary log. */
export interface BinlogPosition {
  file: string;
  position: number;
}

/** Two minutes of looks: what is further behind than that is behind enough. */
const kept = 120;
/** With the last look older than that the trail says nothing of now. */
const freshMillis = 2_500;

/**
 * Where the source's binary log ended at each look. What a replica has applied, held against it, gives the age of the
 * oldest commit that it lacks: with fractions of a second, whatever the two clocks say, and with what it hasn't even
 * received, which Seconds_Behind_Source doesn't count.
 */
export class BinlogTrail {
  #looks: (BinlogPosition & { at: number })[] = [];

  /** @param at by the monotonic clock, in milliseconds */
  note(position: BinlogPosition, at: number): void {
    const last = this.#looks.at(-1);
    // A log that goes backwards was reset, or is another server's; of what happened in a gap the trail knows no time.
    if (last && (isAfter(last, position) || at - last.at > freshMillis)) this.#looks = [];
    this.#looks = [...this.#looks, { ...position, at }].slice(-kept);
  }

  /** How far behind a replica is that had applied up to `applied` at a time; undefined where the trail can't tell. */
  lag(applied: BinlogPosition, at: number): TrailLag | undefined {
    const last = this.#looks.at(-1);
    if (!last || at - last.at > freshMillis) return undefined;
    const first = this.#looks.findIndex((look) => isAfter(look, applied));
    const missing = this.#looks[first];
    if (!missing) return { seconds: 0, atLeast: false };
    return { seconds: Math.max(0, at - missing.at) / 1000, atLeast: first === 0 };
  }
}

/** What the trail says of a replica's lag. */
export interface TrailLag {
  seconds: number;
  /** The replica is behind the trail's beginning: how far it is behind that, the trail can't tell. */
  atLeast: boolean;
}

/** By the number of the file, then by the place in it. */
function isAfter(one: BinlogPosition, other: BinlogPosition): boolean {
  const [file, otherFile] = [fileNumber(one.file), fileNumber(other.file)];
  return file === otherFile ? one.position > other.position : file > otherFile;
}

function fileNumber(file: string): number {
  return Number(/\.(\d+)$/.exec(file)?.[1] ?? 0);
}

/** Where the source's binary log ends now; undefined where it has none, or the user may not ask. */
export async function readBinlogEnd(session: Session): Promise<BinlogPosition | undefined> {
  const [row] = await readStatus(session);
  return row?.File ? { file: row.File, position: Number(row.Position) } : undefined;
}

async function readStatus(session: Session): Promise<Record<string, string | null>[]> {
  // MySQL's name since 8.2; the older one is MariaDB's too.
  for (const statement of ['SHOW BINARY LOG STATUS', 'SHOW MASTER STATUS']) {
    try {
      return await session.rows(statement);
    } catch (error) {
      if (lacksPrivilege(error)) return [];
      if (!isSyntaxError(error)) throw error;
    }
  }
  return [];
}
