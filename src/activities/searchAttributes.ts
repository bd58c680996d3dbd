import { activityInfo, getClient } from '@temporalio/activity';
import { searchAttributeNames } from '../model/searchAttributeNames.ts';

/**
 * Whether the namespace knows all of Sediment's search attributes. A workflow can't ask, and one that the namespace
 * doesn't know sticks its task for ever (P61); so what can't be found out counts as no.
 */
export async function searchAttributesRegistered(): Promise<boolean> {
  try {
    const { connection } = getClient();
    const { customAttributes } = await connection.operatorService.listSearchAttributes({
      namespace: activityInfo().workflowNamespace ?? 'default',
    });
    return searchAttributeNames.every((name) => customAttributes && name in customAttributes);
  } catch {
    return false;
  }
}
