import { randomUUID } from 'node:crypto';
import { identifier } from '../quote.ts';
import { type ServerAddress, Session, type Statements } from '../session/session.ts';
import { outsideSessionScope } from '../session/sessionScope.ts';

/** A worker that died without a word counts so long. */
const seenSeconds = 10;
/** Rows of workers that are gone are removed after so long. */
const keptHours = 24;
/** A statement of one row that takes longer isn't slow but stuck. */
const deadlineMillis = 20_000;

/** A worker's own row in the ledger, on a connection of its own: what it takes to read and to write it is what others feel. */
export class Canary {
  readonly #session: Session;
  readonly #table: string;
  readonly #worker: string;

  private constructor(session: Session, ledger: string, worker: string) {
    this.#session = session;
    this.#table = `${identifier(ledger)}.canary`;
    this.#worker = worker;
  }

  /** @throws the driver's error: without the ledger's table, or on a server that is read-only */
  static async open(address: ServerAddress & { ledger: string }, worker: string = randomUUID()): Promise<Canary> {
    // It serves all work of the process, so it doesn't end with one attempt.
    const session = await outsideSessionScope(() => Session.open(address, 'READ COMMITTED'));
    const canary = new Canary(session, address.ledger, worker);
    try {
      await canary.statements.execute(
        `DELETE FROM ${canary.#table} WHERE seen_at < NOW(3) - INTERVAL ${keptHours} HOUR`,
      );
      await canary.#insert();
      return canary;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** Its session, each statement with a deadline. */
  get statements(): Statements {
    return this.#session.within(deadlineMillis);
  }

  /** Reads one row by its key, and writes and commits it. @returns what both took, in milliseconds @throws the driver's error */
  async probe(works: number): Promise<number> {
    const { statements } = this;
    const began = performance.now();
    await statements.rows(`SELECT works FROM ${this.#table} WHERE worker = ?`, [this.#worker]);
    const written = await statements.execute(`UPDATE ${this.#table} SET works = ?, seen_at = NOW(3) WHERE worker = ?`, [
      works,
      this.#worker,
    ]);
    const millis = performance.now() - began;
    if (written === 0) await this.#insert();
    return millis;
  }

  /** What other workers of the source have under way, and MySQL's clock in milliseconds since 1970 UTC. */
  async readOthers(): Promise<{ works: number; epochMillis: number }> {
    const [row] = await this.statements.rows(
      `SELECT IFNULL(SUM(works), 0) AS works, ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000) AS now FROM ${this.#table}
        WHERE worker <> ? AND seen_at > NOW(3) - INTERVAL ${seenSeconds} SECOND`,
      [this.#worker],
    );
    return { works: Number(row?.works), epochMillis: Number(row?.now) };
  }

  /** Leaves, so that the others' parts grow at once. */
  async close(): Promise<void> {
    await this.#session
      .within(1_000)
      .execute(`DELETE FROM ${this.#table} WHERE worker = ?`, [this.#worker])
      .catch(() => undefined);
    this.#session.close();
  }

  #insert(): Promise<number> {
    return this.statements.execute(
      `INSERT INTO ${this.#table} (worker) VALUES (?) ON DUPLICATE KEY UPDATE seen_at = NOW(3)`,
      [this.#worker],
    );
  }
}
