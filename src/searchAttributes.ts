import type { ConnectionLike } from '@temporalio/client';
import { searchAttributeNames } from './model/searchAttributeNames.ts';

/**
 * Registers what is missing of Sediment's search attributes, and names it. Without them the workflows run all the same.
 *
 * @throws ServiceError where the namespace's owner has to do it, as on Temporal Cloud
 */
export async function registerSearchAttributes(connection: ConnectionLike, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = searchAttributeNames.filter((name) => !customAttributes || !(name in customAttributes));
  if (missing.length === 0) return [];
  // INDEXED_VALUE_TYPE_KEYWORD
  const keyword = 2;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
  });
  return missing;
}
