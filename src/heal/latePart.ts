import type { Cursor } from '../archive/chunk.ts';
import { emptyDigest, mergeDigests, sameDigest } from '../archive/digest.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { PartWriter, type WrittenPage } from '../export/partWriter.ts';
import type { Job } from '../job/job.ts';
import { formatTableName } from '../model/tableName.ts';
import { readPages } from '../mysql/read/pages.ts';
import type { DayView } from '../partition/compareChunk.ts';
import type { OpenedDay } from '../partition/open/openDay.ts';
import { type LiveRow, segments } from './classifyReinserted.ts';
import { digestOf } from './deleteReinserted.ts';

/** Rows came or changed between the look at them and their export: what is new of them isn't known. It is looked at again. */
export class RowsRaced extends Error {
  override readonly name = 'RowsRaced';
}

/** The parts of a further pass: new rows, around those that stay in the table. */
export class LatePart {
  /** The pass's number. */
  readonly pass: number;
  readonly #parts: ManifestPart[] = [];
  readonly #first: number;
  #writer: PartWriter | undefined;

  constructor(
    readonly job: Job,
    readonly day: OpenedDay,
    readonly view: DayView,
  ) {
    const { parts } = day.manifest;
    this.pass = Math.max(day.row.pass, ...parts.map((part) => part.pass)) + 1;
    this.#first = Math.max(-1, ...parts.map((part) => part.part)) + 1;
  }

  /**
   * Writes those of some rows that don't stay, from the table as it is now; it must be what it was at the look.
   * @param after the cursor that the rows begin behind
   * @throws RowsRaced
   */
  async add(rows: readonly LiveRow[], staying: ReadonlySet<LiveRow>, after: Cursor | undefined): Promise<void> {
    let at = 0;
    for (const { after: behind, to } of segments(rows, staying)) {
      const wanted: LiveRow[] = [];
      for (let row = rows[at]; row; row = rows[++at]) {
        if (!staying.has(row)) wanted.push(row);
        if (row.cursor === to) break;
      }
      at++;
      let digest = emptyDigest;
      for await (const page of this.#pages(behind ?? after, to)) {
        digest = mergeDigests([digest, page.digest]);
        await this.#write(page);
      }
      if (!sameDigest(digest, digestOf(wanted)))
        throw new RowsRaced(
          `${formatTableName(this.day.key)} ${this.day.key.day}: rows came while late ones were archived; they are looked at again`,
        );
    }
  }

  /** @returns the pass's parts; none where no row was new */
  async complete(): Promise<ManifestPart[]> {
    await this.#complete();
    return this.#parts;
  }

  async abort(): Promise<void> {
    await this.#writer?.abort();
    this.#writer = undefined;
  }

  async #write(page: WrittenPage): Promise<void> {
    const { attempt, policy } = this.job;
    attempt.signal.throwIfAborted();
    const { epoch, schema } = this.day;
    const part = this.#first + this.#parts.length;
    this.#writer ??= await PartWriter.begin(this.job, { part, epoch, pass: this.pass, width: schema.columns.length });
    await this.#writer.add(page);
    attempt.heartbeat({ phase: 'archiving late rows', part });
    if (this.#writer.bytes >= policy.partBytes) await this.#complete();
  }

  async #complete(): Promise<void> {
    if (this.#writer) this.#parts.push(await this.#writer.complete());
    this.#writer = undefined;
  }

  /** A run's pages. The first says where it begins if that is behind a row that stays; each may be the pass's last, and is closed. */
  async *#pages(after: Cursor | undefined, to: Cursor): AsyncGenerator<WrittenPage> {
    const { schema, row, pageRows, paced, sessions } = this.view;
    let begin = after;
    const range = { schema, window: row.window, after, to, salt: row.salt, pageRows, paced };
    for await (const page of readPages(sessions, range)) {
      yield { ...page, closed: true, after: begin };
      begin = undefined;
    }
  }
}
