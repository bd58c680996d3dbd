import { type Column, encodingOf } from '../archive/column.ts';
import { readRows } from '../archive/csvReader.ts';
import type { Manifest, ManifestPart } from '../archive/manifest.ts';
import { type Condition, parseFilter, rowTest } from '../archive/rowFilter.ts';
import { requireRecorded } from '../checks/openTable.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { Source } from '../job/source.ts';
import { archivedDays, type DayRange } from '../ledger/days/archivedDays.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Day } from '../model/day.ts';
import { dayManifest } from '../partition/dayManifest.ts';
import { type ArchivedChunk, readArchivedChunk } from '../partition/readChunks.ts';
import { chunksToSearch, type SearchedChunk } from './chunksToSearch.ts';
import { supersededParts } from './superseded.ts';

/** What is looked for, and in which days. */
export interface Search extends DayRange {
  /** As `parseFilter` reads it. */
  where: string;
  /** Whether what heals have replaced is looked at too. */
  superseded: boolean;
  /** Rows after which the search ends. */
  limit: number;
}

/** A row, and where it is. */
export interface FoundRow {
  day: Day;
  part: number;
  pass: number;
  /** Among the chunks of its part, from 0. */
  chunk: number;
  object: { key: string; versionId: string | null; offset: number; bytes: number };
  /** Whether a heal has replaced its object since. */
  superseded: boolean;
  /** Values by column, as text; base64 of binary ones. */
  row: Record<string, string | null>;
}

/** What a search found, and what it read. */
export interface Findings {
  rows: FoundRow[];
  /** Whether there may be more, because the limit was reached. */
  more: boolean;
  days: number;
  chunksRead: number;
  bytesRead: number;
}

/** The chunks of a part that may hold what is looked for. */
interface SearchedPart {
  part: ManifestPart;
  /** Whether a heal has replaced it. */
  superseded: boolean;
  chunks: SearchedChunk[];
}

interface SearchedDay {
  manifest: Manifest;
  parts: SearchedPart[];
}

/** Days whose manifests and chunk indexes are read at once. */
const daysAtOnce = 16;
/** Chunk indexes of a day that are read at once. */
const indexesAtOnce = 16;
/** Chunks of a part that are read at once; they are looked at one after the other. */
const chunksAtOnce = 4;

/** Goes through the archived days in their order. @throws InvalidFilter, Stopped, ObjectDamaged */
export async function findRows(source: Source, ledger: Ledger, policy: TablePolicy, search: Search): Promise<Findings> {
  await requireRecorded(ledger, policy, source.config);
  const conditions = parseFilter(search.where);
  const found: Findings = { rows: [], more: false, days: 0, chunksRead: 0, bytesRead: 0 };
  const days = await archivedDays(ledger, policy, search);
  for (let at = 0; at < days.length; at += daysAtOnce) {
    const some = days.slice(at, at + daysAtOnce);
    const opened = await Promise.all(some.map((day) => openDay(source, policy, day, { search, conditions })));
    for (const { manifest, parts } of opened) {
      found.days++;
      for (const part of parts) await searchPart(source, manifest, part, { search, found });
      if (found.more) return found;
    }
  }
  return found;
}

/** A day's chunks that may hold a row, by their smallest and largest key. */
async function openDay(
  source: Source,
  policy: TablePolicy,
  day: Day,
  { search, conditions }: { search: Search; conditions: readonly Condition[] },
): Promise<SearchedDay> {
  const manifest = await dayManifest(source, policy, day);
  const replaced = search.superseded ? await supersededParts(source, policy, manifest) : [];
  const parts: SearchedPart[] = [];
  const all = [...manifest.parts, ...replaced];
  for (let at = 0; at < all.length; at += indexesAtOnce)
    parts.push(
      ...(await Promise.all(
        all.slice(at, at + indexesAtOnce).map(async (part) => {
          const chunks = await chunksToSearch(source, manifest, part, conditions);
          return { part, superseded: replaced.includes(part), chunks };
        }),
      )),
    );
  return { manifest, parts };
}

async function searchPart(
  source: Source,
  manifest: Manifest,
  { part, superseded, chunks }: SearchedPart,
  { search, found }: { search: Search; found: Findings },
): Promise<void> {
  const columns: Column[] = manifest.columns.slice(0, part.width);
  const test = rowTest(search.where, manifest.columns);
  const encodings = manifest.columns.map(encodingOf);
  const reading: Promise<ArchivedChunk>[] = [];
  let next = 0;
  for (const { chunk, index } of chunks) {
    if (found.more) return;
    for (; reading.length < chunksAtOnce && next < chunks.length; next++) {
      const ahead = chunks[next];
      if (!ahead) break;
      const read = readArchivedChunk(source.store, manifest, ahead.chunk, encodings);
      read.catch(() => undefined);
      reading.push(read);
    }
    found.chunksRead++;
    found.bytesRead += chunk.bytes;
    const read = await reading.shift();
    if (!read) return;
    for (const row of readRows(read.csv, encodings.slice(0, part.width))) {
      if (!test(row)) continue;
      if (found.rows.length === search.limit) {
        found.more = true;
        return;
      }
      const { key, versionId = null } = part.object;
      const { offset, bytes } = chunk;
      found.rows.push({
        day: manifest.day as Day,
        part: part.part,
        pass: part.pass,
        chunk: index,
        object: { key, versionId, offset, bytes },
        superseded,
        row: Object.fromEntries(columns.map((column, field) => [column.name, asText(column, row[field] ?? null)])),
      });
    }
  }
}

function asText(column: Column, value: Buffer | null): string | null {
  return value === null ? null : value.toString(encodingOf(column) === 'base64' ? 'base64' : 'utf8');
}
