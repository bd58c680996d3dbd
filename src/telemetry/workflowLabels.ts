import { formatTableName, parseTableName } from '../model/tableName.ts';

/** What a workflow's id names; each is absent where it doesn't. */
export interface WorkflowLabels {
  source?: string;
  table?: string;
  day?: string;
}

/** Patterns of the workflow ids that src/workflows/ids.ts builds, and of scheduled runs (`<id>-<time>`). Other ids match none. */
const forms: readonly RegExp[] = [
  /^(?:archive|heal|verify)\/(?<source>[^/]+)\/(?<database>[^/]+)\/(?<table>[^/]+)\/(?<day>[^/]+)$/,
  /^(?:purge|audit|drill)\/(?<source>[^/]+)\/(?<database>[^/]+)\/(?<table>[^/]+)$/,
  /^(?:daily|audit|drill)\/(?<source>[^/]+?)-\d{4}-\d\d-\d\dT[\d:.]+Z$/,
  /^daily\/(?<source>[^/]+)\/(?<day>[^/]+)$/,
  /^backfill\/(?<source>[^/]+)\/(?<day>[\d-]+)\.\.\k<day>\/(?<name>[^/,]*\.[^/,]*)$/,
  /^backfill\/(?<source>[^/]+)\/[^/]+\/(?<name>[^/,]*\.[^/,]*)$/,
  /^backfill\/(?<source>[^/]+)\/(?<day>[\d-]+)\.\.\k<day>\/[^/]+$/,
  /^(?:backfill|audit|daily|drill)\/(?<source>[^/]+)(?:\/.*)?$/,
];

/**
 * Source, table and day as a workflow's id names them.
 *
 * @example labelsOf('archive/bank/shop/orders/2026-11-21') // { source: 'bank', table: 'shop.orders', day: '2026-11-21' }
 */
export function labelsOf(workflowId: string): WorkflowLabels {
  const found = forms.map((form) => form.exec(workflowId)?.groups).find(Boolean);
  if (!found) return {};
  const { source, database, table, name, day } = Object.fromEntries(
    Object.entries(found).map(([key, segment]) => [key, decode(segment)]),
  );
  const isWhole = database !== undefined && table !== undefined;
  return { source, table: isWhole ? formatTableName({ database, table }) : tableOf(name), day };
}

/** Undefined where a person made up an id that doesn't name a table. */
function tableOf(name: string | undefined): string | undefined {
  try {
    return name === undefined ? undefined : formatTableName(parseTableName(name));
  } catch {
    return undefined;
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
