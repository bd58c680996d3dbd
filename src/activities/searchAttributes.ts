import { activityInfo, getClient } from '@temporalio/activity';
import { searchAttributeNames } from '../model/searchAttributeNames.ts';

/**
 * Whether the namespace knows all of Sediment's search attributes. A workflow can't ask. If that can't be found out, the
 * answer is no (pitfall P61: an unknown search attribute fails the workflow task for ever).
 */
async function searchAttributesRegistered(): Promise<boolean> {
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

export interface Registered {
  /** Whether workflows may set Sediment's search attributes. */
  searchAttributes: boolean;
}

/** A plan, and whether the workflow that it is for may set search attributes. */
export function withRegistered<Input, Plan>(
  plan: (input: Input) => Promise<Plan>,
): (input: Input) => Promise<Plan & Registered> {
  return async (input) => ({ ...(await plan(input)), searchAttributes: await searchAttributesRegistered() });
}
