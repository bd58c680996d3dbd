import { formatTableName } from '../archive/tableName.ts';

/**
 * What a workflow's id says about its place: `archive/<source>/<db>/<table>/<day>` or `purge/<source>/<db>/<table>`,
 * each segment percent-encoded.
 *
 * @example placeOf('archive/bank/shop/orders/2026-11-21') // { source: 'bank', table: 'shop.orders', day: '2026-11-21' }
 */
export function placeOf(workflowId: string): { source?: string; table?: string; day?: string } {
  const [kind, ...encoded] = workflowId.split('/');
  if (kind !== 'archive' && kind !== 'purge') return {};
  const [source, database, table, day] = encoded.map(decode);
  if (source === undefined || database === undefined || table === undefined) return {};
  return { source, table: formatTableName({ database, table }), ...(day === undefined ? {} : { day }) };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
