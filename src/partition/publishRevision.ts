import { type Column, encodingOf } from '../archive/column.ts';
import { mergeDigests } from '../archive/digest.ts';
import { dayPrefix, manifestKey } from '../archive/keys.ts';
import { type Manifest, type ManifestPart, parseManifest } from '../archive/manifest.ts';
import type { Job } from '../job/job.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { serverIdentity } from '../ledger/serverIdentity.ts';
import type { OpenedDay } from './open/openDay.ts';
import { revisionOf } from './open/openManifest.ts';
import { moveSuperseded, namedObjects, sweep } from './removeObjects.ts';

/** The new parts of the day's manifest, the rows that the heal found, and why it was made. */
export interface NewRevision {
  parts: ManifestPart[];
  /** Left out: the day's own. */
  pass?: number;
  reason: string;
  added: number;
  changed: number;
  removed: number;
  /** A heal that goes on at parts behind: it isn't counted as a heal without progress. */
  goesOn?: boolean;
  /** What it replaces is to go for ever: it is condemned and removed, and nothing is copied below `_superseded/`. */
  erases?: boolean;
}

/**
 * Commits a heal, a further pass or an erasure: replaces exactly the manifest that it was made from, then updates the
 * ledger, then moves the replaced objects to where readers don't look, or removes what was erased.
 * @throws Fenced, Conflict
 */
export async function publishRevision(job: Job, day: OpenedDay, revision: NewRevision): Promise<Manifest> {
  const { source, ledger, policy } = job;
  const { key, epoch } = day;
  const objectKey = manifestKey(source.folderOf(policy), key.day);
  const prefix = dayPrefix(source.folderOf(policy), key.day);
  const manifest = await nextManifest(ledger, day, revision);
  const hold = () => ledger.session.transaction(() => ledger.holdEpoch(key, epoch, 'purging'));
  const body = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  const stored = await source.store.replace(objectKey, body, {
    etag: day.etag,
    contentType: 'application/json',
    check: hold,
  });
  await ledger.session.transaction(async () => {
    const held = await ledger.holdEpoch(key, epoch, 'purging');
    const written = revisionOf(manifest, stored.versionId ?? stored.etag, day.manifest.parts);
    const replaced = revision.erases ? { ...written, superseded: [] } : written;
    await ledger.setRevision(key, held, replaced, revision.goesOn ? 0 : 1);
  });
  await moveSuperseded(job, prefix);
  const where = source.folderOf(policy);
  // No ledger row names what an erasure replaced any more: it goes as what a dead attempt left does.
  await sweep(source, ledger, { tableFolder: where, key, epoch, named: namedObjects(where, key.day, revision.parts) });
  return manifest;
}

async function nextManifest(
  ledger: Ledger,
  day: OpenedDay,
  { parts, pass = day.row.pass, reason, added, changed, removed }: NewRevision,
): Promise<Manifest> {
  const { manifest, row, schema, epoch } = day;
  const kept = new Set(parts.map((part) => part.object.key));
  const replaced = manifest.parts.filter((part) => !kept.has(part.object.key));
  const superseded = replaced.flatMap((part) => [part.object.key, part.chunkIndex.key]);
  const total = mergeDigests(parts);
  const revision = manifest.revision + 1;
  const at = new Date().toISOString();
  const next: Manifest = {
    ...manifest,
    source: {
      ...manifest.source,
      serverId: await serverIdentity(ledger.session),
      serverVersion: ledger.session.serverVersion,
      ddl: schema.ddl,
      ddlHash: schema.ddlHash,
    },
    columns: columnsOfDay(manifest.columns, schema.columns),
    epoch,
    revision,
    purged: { pass: row.pass, cursor: row.cursor === null ? null : [...row.cursor] },
    pass,
    heals: [...manifest.heals, { revision, at, reason, added, changed, removed, superseded }],
    rows: total.rows,
    xor: total.xor,
    parts,
    verifiedAt: at,
  };
  // Parsed as every reader will parse it.
  return parseManifest(JSON.stringify(next));
}

/** A column that was dropped after the day's first export still has values there. `dropped` marks only columns that have none. */
function columnsOfDay(archived: Manifest['columns'], now: readonly Column[]): Manifest['columns'] {
  return now.map((column, position) => {
    const old = archived[position];
    if (column.dropped && old) return old;
    return { ...column, encoding: encodingOf(column) };
  });
}
