import { formatTableName, parseTableName } from '../model/tableName.ts';

export interface LogPlace {
  source?: string;
  table?: string;
  day?: string;
}

/** Of ids as src/workflows/ids.ts makes them, and as schedules do, with the time behind a dash; of others nothing. */
const forms: readonly RegExp[] = [
  /^(?:archive|heal|verify)\/(?<source>[^/]+)\/(?<database>[^/]+)\/(?<table>[^/]+)\/(?<day>[^/]+)$/,
  /^(?:purge|audit)\/(?<source>[^/]+)\/(?<database>[^/]+)\/(?<table>[^/]+)$/,
  /^(?:daily|audit)\/(?<source>[^/]+?)-\d{4}-\d\d-\d\dT[\d:.]+Z$/,
  /^daily\/(?<source>[^/]+)\/(?<day>[^/]+)$/,
  /^backfill\/(?<source>[^/]+)\/(?<day>[\d-]+)\.\.\k<day>\/(?<name>[^/,]*\.[^/,]*)$/,
  /^backfill\/(?<source>[^/]+)\/[^/]+\/(?<name>[^/,]*\.[^/,]*)$/,
  /^backfill\/(?<source>[^/]+)\/(?<day>[\d-]+)\.\.\k<day>\/[^/]+$/,
  /^(?:backfill|audit|daily)\/(?<source>[^/]+)(?:\/.*)?$/,
];

/**
 * What a workflow's id says about its place.
 *
 * @example placeOf('archive/bank/shop/orders/2026-11-21') // { source: 'bank', table: 'shop.orders', day: '2026-11-21' }
 */
export function placeOf(workflowId: string): LogPlace {
  const found = forms.map((form) => form.exec(workflowId)?.groups).find(Boolean);
  if (!found) return {};
  const { source, database, table, name, day } = Object.fromEntries(
    Object.entries(found).map(([key, segment]) => [key, decode(segment)]),
  );
  return {
    ...(source === undefined ? {} : { source }),
    ...(database !== undefined && table !== undefined ? { table: formatTableName({ database, table }) } : {}),
    ...(name === undefined ? {} : tableNamed(name)),
    ...(day === undefined ? {} : { day }),
  };
}

/** What a person has made up as an id names no table. */
function tableNamed(name: string): LogPlace {
  try {
    return { table: formatTableName(parseTableName(name)) };
  } catch {
    return {};
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
