import type { Day } from '../../model/day.ts';
import { archiveId } from '../../workflows/ids.ts';

/** An archive workflow by its id. */
export interface OpenArchive {
  id: string;
  table: string;
  day: Day;
}

/** The archives of these tables among open workflows; one of a table may be a backfill's. */
export function archivesOf(source: string, tables: readonly string[], open: readonly string[]): OpenArchive[] {
  const prefixes = new Map(tables.map((table) => [archiveId(source, table, ''), table]));
  return open.flatMap((id) => {
    const day = id.slice(id.lastIndexOf('/') + 1);
    const table = prefixes.get(id.slice(0, -day.length));
    return table === undefined ? [] : [{ id, table, day: day as Day }];
  });
}

/** The source's daily runs and backfills. Ids of scheduled runs end in their time. */
export function runsOf(source: string, open: readonly string[]): string[] {
  const own = encodeURIComponent(source);
  return open.filter((id) => {
    if (id.startsWith(`backfill/${own}/`) || id.startsWith(`daily/${own}/`)) return true;
    return id.startsWith(`daily/${own}`) && /^(-\d{4}-\d{2}-\d{2}T.*)?$/.test(id.slice(`daily/${own}`.length));
  });
}
