import type { TableFolder } from '../archive/keys.ts';
import type { Config } from '../config/load.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { usingLedger } from '../ledger/withLedger.ts';
import { HealthMonitor } from '../mysql/health/health.ts';
import { ImpactMonitor } from '../mysql/impact/impactMonitor.ts';
import { type Isolation, Session } from '../mysql/session/session.ts';
import { withPair } from '../mysql/session/withPair.ts';
import { ObjectStore } from '../s3/store.ts';
import { objectRulesOf } from './objectRules.ts';
import { objectTagsOf } from './objectTags.ts';

/** A source's config, its MySQL connections and its object store: what every activity needs. */
export class Source {
  readonly store: ObjectStore;
  /** Asked between transactions and between pages. It samples the server only while it is asked. */
  readonly health: HealthMonitor;
  /** What others feel of the purges and exports. It measures only while there are any that aren't at full pace. */
  readonly impact: ImpactMonitor;
  /** Late rows that a heal looks at in one go: their keys are held in memory, some 400 bytes each. */
  readonly lateRowsAtOnce: number = 50_000;
  /**
   * Characters of keys of rows that came or went which one heal holds in memory: 160,000 rows of keys of 100, or 2,700 of
   * the longest.
   */
  readonly healKeyBytes: number = 16 << 20;
  /** An export waits so long for its replica to catch up before the attempt ends; it is tried again. */
  readonly replicaPatienceSeconds: number = 60;
  /** Compressed bytes of parts that a heal writes again before it publishes them: as much as an attempt that dies loses. */
  readonly healPartBytes: number = 2 ** 31;
  /** Procedures that no policy needs are kept so long, for a worker of another release or with another config. */
  readonly staleProcedureDays: number = 30;
  /** Bytes of CSV that an Aurora server writes in one statement: its local disk holds as much twice. */
  readonly auroraRangeBytes: number = 2 ** 30;
  #conditionalWrites: Promise<boolean> | undefined;

  constructor(
    readonly config: Config,
    /** This worker's clock, in milliseconds since 1970. It decides nothing, but must agree with MySQL's. */
    readonly now: () => number = () => Date.now(),
  ) {
    this.store = new ObjectStore({
      ...config.store,
      objectRules: (key) => objectRulesOf(config, key, new Date(this.now())),
      objectTags: (key) => objectTagsOf(config, key),
    });
    this.health = new HealthMonitor(config.source);
    this.impact = new ImpactMonitor(config.source);
  }

  open(isolation: Isolation): Promise<Session> {
    return Session.open(this.config.source, isolation);
  }

  /** Runs `work` on a connection with the ledger, and always closes it. */
  withLedger<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
    return usingLedger(this.open('READ COMMITTED'), this.config.source.ledger, work);
  }

  /** Runs `work` on two connections under REPEATABLE READ, the pair that pages are read with, and closes both. */
  async withSnapshots<T>(work: (sessions: readonly [Session, Session]) => Promise<T>): Promise<T> {
    return withPair(() => this.open('REPEATABLE READ'), work);
  }

  /** Whether the store refuses to write a key twice, which is tried once per process. If it doesn't, nothing is purged. */
  conditionalWrites(): Promise<boolean> {
    this.#conditionalWrites ??= this.store.probe().then(
      (abilities) => abilities.conditionalWrites,
      (error) => {
        this.#conditionalWrites = undefined;
        throw error;
      },
    );
    return this.#conditionalWrites;
  }

  folderOf(policy: TablePolicy): TableFolder {
    const { prefix, layout } = this.config.store;
    return { prefix, layout, database: policy.database, table: policy.table };
  }

  close(): void {
    this.health.close();
    this.impact.close();
    this.store.close();
  }
}
