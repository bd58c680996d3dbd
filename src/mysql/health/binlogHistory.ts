import { isSyntaxError, lacksPrivilege } from '../errors.ts';
import type { Session } from '../session/session.ts';

/** A position in the source's binary log. */
export interface BinlogPosition {
  file: string;
  position: number;
}

/** Two minutes of samples. A replica that is further behind needs no exact figure. */
const kept = 120;
/** If the last sample is older, the history says nothing about the present. */
const freshMillis = 2_500;

/**
 * Where the source's binary log ended at each sample. Compared with the position that a replica has applied, it gives the
 * age of the oldest commit that the replica lacks: with fractions of a second, whatever the two clocks say, and with
 * commits that the replica hasn't received, which Seconds_Behind_Source doesn't count.
 */
export class BinlogTrail {
  #looks: (BinlogPosition & { at: number })[] = [];

  /** @param at by the monotonic clock, in milliseconds */
  note(position: BinlogPosition, at: number): void {
    const last = this.#looks.at(-1);
    // A log that goes backwards was reset, or is another server's. After a gap the times of commits aren't known.
    if (last && (isAfter(last, position) || at - last.at > freshMillis)) this.#looks = [];
    this.#looks = [...this.#looks, { ...position, at }].slice(-kept);
  }

  /** The lag of a replica that had applied up to `applied` at a time; undefined if the history doesn't reach to it. */
  lag(applied: BinlogPosition, at: number): TrailLag | undefined {
    const last = this.#looks.at(-1);
    if (!last || at - last.at > freshMillis) return undefined;
    const first = this.#looks.findIndex((look) => isAfter(look, applied));
    const missing = this.#looks[first];
    if (!missing) return { seconds: 0, atLeast: false };
    return { seconds: Math.max(0, at - missing.at) / 1000, atLeast: first === 0 };
  }
}

/** What the history says of a replica's lag. */
export interface TrailLag {
  seconds: number;
  /** The replica is behind the beginning of the history, by an unknown amount. */
  atLeast: boolean;
}

/** Compares by the number of the file, then by the position in it. */
function isAfter(one: BinlogPosition, other: BinlogPosition): boolean {
  const file = fileNumber(one.file);
  const otherFile = fileNumber(other.file);
  return file === otherFile ? one.position > other.position : file > otherFile;
}

function fileNumber(file: string): number {
  return Number(/\.(\d+)$/.exec(file)?.[1] ?? 0);
}

/** Where the source's binary log ends now; undefined if there is none, or the account may not ask. */
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
