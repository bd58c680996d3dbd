import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '../../model/error.ts';
import { addSample, feltBy, type Sample } from '../../pacing/felt.ts';
import type { Impact } from '../../pacing/governor.ts';
import { waitAtMost } from '../../pacing/pause.ts';
import { hasSettled, isQuiet, settleMillis } from '../../pacing/quiet.ts';
import { staleAfterMillis } from '../../pacing/throttle.ts';
import type { ServerAddress } from '../session/session.ts';
import { Canary } from './canary.ts';
import { isUncounted, meanBetween, readStatementCounters, type StatementCounters } from './statements.ts';
import { Works } from './works.ts';

/** The shortest time between two measurements of one kind. */
const cadenceMillis = 150;
/** While it rests anyway: half a minute's worth is what is kept, and each measurement is work for the server too. */
const restCadenceMillis = 500;
/** Of a work without an end, as an export's pages are, so much is one measurement. */
const longestSampleMillis = 1_000;
/** So many at the quick cadence, so that a first purge knows within seconds what others feel. */
const firstRests = 8;
/** Where nothing else is measured, it shows that the server answers and that this worker is there. */
const aliveMillis = 1_000;
/** The other workers' works and the clock are read so often. */
const othersMillis = 1_000;
/** After a failure the connection is opened again. */
const retryMillis = 1_000;
/** A read and a write of one row that take longer are a stall of the server, or a lock. */
const stallMillis = 1_000;
/** The first measurement is waited for at most so long. */
const patienceMillis = 1_000;
/** A mean of fewer statements isn't what the application feels. */
const fewestStatements = 50;

/**
 * Measures what others on the source feel while Sediment works and while it rests. A worker has one, which all its purges
 * and exports tell when they work; it measures only while there are any.
 */
export class ImpactMonitor {
  readonly #address: ServerAddress & { ledger: string };
  readonly #works = new Works();
  readonly #worker = randomUUID();
  #byCanary: Sample[] = [];
  #byStatements: Sample[] = [];
  #canary: Canary | undefined;
  #counts = true;
  #others = { works: 0, epochMillis: Date.now(), readAt: Number.NEGATIVE_INFINITY };
  #rest: { counters: StatementCounters; epoch: number; at: number } | undefined;
  #pendingSince: number | undefined;
  #goodAt: number | undefined;
  #failure: string | undefined;
  #lastAt = { work: Number.NEGATIVE_INFINITY, rest: Number.NEGATIVE_INFINITY, any: Number.NEGATIVE_INFINITY };
  #running: Promise<void> | undefined;
  #first: Promise<void> | undefined;
  #closed = new AbortController();

  constructor(address: ServerAddress & { ledger: string }) {
    this.#address = address;
  }

  /** `work` is at the server now: a transaction, or an export's pages. */
  begin(work: object): void {
    this.#works.begin(work);
    this.#start();
  }

  end(work: object): void {
    this.#works.end(work);
  }

  /** What others feel now. Never throws: what can't be measured says so. */
  async look(work: object, signal: AbortSignal): Promise<Impact> {
    this.#works.keep(work);
    this.#start();
    if (this.#goodAt === undefined && this.#failure === undefined)
      await waitAtMost(this.#first, patienceMillis, signal);
    const now = performance.now();
    const works = this.#works.number + this.#others.works;
    const byStatements = feltBy(this.#byStatements, now, fewestStatements);
    const felt = byStatements ?? feltBy(this.#byCanary, now);
    return { felt, by: byStatements ? 'statements' : 'canary', held: this.#held(now), works };
  }

  /** The latest measurements by each way, for those who compare them. */
  both(): { canary: ReturnType<typeof feltBy>; statements: ReturnType<typeof feltBy> } {
    const now = performance.now();
    return { canary: feltBy(this.#byCanary, now), statements: feltBy(this.#byStatements, now, fewestStatements) };
  }

  close(): void {
    this.#closed.abort();
    this.#drop();
  }

  #held(now: number): string | undefined {
    if (this.#pendingSince !== undefined && now - this.#pendingSince > stallMillis)
      return `the server stalls: the canary has waited for ${Math.round((now - this.#pendingSince) / 1000)} s to read and write its row`;
    const why = this.#failure === undefined ? '' : `: ${this.#failure}`;
    if (this.#goodAt === undefined)
      return why ? `what others feel can't be measured${why}` : 'what others feel has not been measured yet';
    const age = now - this.#goodAt;
    return age <= staleAfterMillis
      ? undefined
      : `what others feel can't be measured, for ${Math.round(age / 1000)} s now${why}`;
  }

  #start(): void {
    if (this.#running || this.#closed.signal.aborted) return;
    let done: () => void = () => undefined;
    this.#first = new Promise((resolve) => {
      done = resolve;
    });
    this.#running = this.#measureWhileWorking(done).finally(() => {
      this.#running = undefined;
      done();
    });
  }

  async #measureWhileWorking(measured: () => void): Promise<void> {
    while (this.#works.number > 0 && !this.#closed.signal.aborted) {
      try {
        this.#pendingSince = performance.now();
        this.#canary ??= await Canary.open(this.#address, this.#worker);
        this.#pendingSince = undefined;
        await this.#measure(this.#canary);
        measured();
        await this.#works.change(20);
      } catch (error) {
        this.#failure = messageOf(error);
        measured();
        this.#drop();
        this.#pendingSince = undefined;
        await wait(retryMillis, undefined, { signal: this.#closed.signal, ref: false }).catch(() => undefined);
      }
    }
    this.#drop();
    this.#goodAt = undefined;
    this.#failure = undefined;
  }

  async #measure(canary: Canary): Promise<void> {
    const now = performance.now();
    if (now - this.#others.readAt >= othersMillis) {
      this.#others = { ...(await canary.readOthers()), readAt: now };
    }
    const kind = this.#kindNow();
    if (kind === 'work' && now - this.#lastAt.work >= cadenceMillis) await this.#whileWorking(canary);
    else if (kind === 'rest' && now - this.#lastAt.rest >= this.#restCadence()) await this.#whileResting(canary);
    else if (now - this.#lastAt.any >= aliveMillis) await this.#probe(canary);
  }

  /** The moment when all rest is short. */
  #restCadence(): number {
    const known = this.#byCanary.filter((each) => each.while === 'rest').length;
    return known < firstRests || isQuiet(this.#serverNow()) ? cadenceMillis : restCadenceMillis;
  }

  /** MySQL's clock, in milliseconds since 1970 UTC. */
  #serverNow(): number {
    const { epochMillis, readAt } = this.#others;
    return epochMillis + (performance.now() - readAt);
  }

  #kindNow(): 'work' | 'rest' | undefined {
    if (this.#works.working) return 'work';
    const settled = hasSettled(performance.now() - this.#works.endedAt);
    return settled && (isQuiet(this.#serverNow()) || this.#others.works === 0) ? 'rest' : undefined;
  }

  /** From its beginning to the end of its aftermath, or to the next one's beginning. */
  async #whileWorking(canary: Canary): Promise<void> {
    const began = { at: performance.now(), busy: this.#works.busyMillis };
    this.#lastAt.work = began.at;
    const over = this.#works.aftermath(settleMillis, longestSampleMillis);
    const before = await this.#counters(canary);
    // Somewhere in it, and not always at its beginning.
    const moment = Math.random() * Math.min(longestSampleMillis, this.#works.usualMillis + settleMillis);
    await Promise.race([over, wait(moment, undefined, { ref: false })]);
    const millis = await this.#probe(canary);
    await over;
    const after = before && (await this.#counters(canary));
    const spanMillis = performance.now() - began.at;
    const span = { spanMillis, busyMillis: Math.max(1, this.#works.busyMillis - began.busy) };
    this.#byCanary = added(this.#byCanary, 'work', { millis, statements: 1, ...span });
    const mean = before && after && meanBetween(before, after);
    if (mean) this.#byStatements = added(this.#byStatements, 'work', { ...mean, ...span });
  }

  async #whileResting(canary: Canary): Promise<void> {
    this.#lastAt.rest = performance.now();
    const epoch = this.#works.epoch;
    const counters = await this.#counters(canary);
    const millis = await this.#probe(canary);
    // Work that began meanwhile makes it a measurement of neither.
    if (this.#works.epoch !== epoch) return;
    this.#byCanary = added(this.#byCanary, 'rest', { millis, statements: 1 });
    if (!counters) return;
    const last = this.#rest;
    const at = performance.now();
    this.#rest = { counters, epoch, at };
    const mean = last?.epoch === epoch && at - last.at < 2 * aliveMillis && meanBetween(last.counters, counters);
    if (mean) this.#byStatements = added(this.#byStatements, 'rest', mean);
  }

  /** What this process's own event loop was busy with isn't what others feel. */
  async #probe(canary: Canary): Promise<number> {
    const began = performance.now();
    const loop = performance.eventLoopUtilization();
    this.#pendingSince = began;
    const millis = await canary.probe(this.#works.number);
    const { active } = performance.eventLoopUtilization(loop);
    this.#pendingSince = undefined;
    this.#lastAt.any = performance.now();
    this.#goodAt = began;
    this.#failure = undefined;
    return Math.max(millis - active, millis / 10);
  }

  async #counters(canary: Canary): Promise<StatementCounters | undefined> {
    if (!this.#counts) return undefined;
    try {
      return await readStatementCounters(canary.statements);
    } catch (error) {
      if (!isUncounted(error)) throw error;
      this.#counts = false;
      return undefined;
    }
  }

  #drop(): void {
    this.#canary?.close();
    this.#canary = undefined;
  }
}

function added(samples: readonly Sample[], kind: Sample['while'], sample: Omit<Sample, 'while' | 'at'>): Sample[] {
  return addSample(samples, { while: kind, at: performance.now(), ...sample });
}
