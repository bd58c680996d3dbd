import { errnoOf, lacksPrivilege } from '../errors.ts';
import { identifier } from '../quote.ts';
import type { Session } from './session.ts';

/** ER_RESOURCE_GROUP_NOT_EXISTS */
const unknownGroup = 3651;

/** A session that can't join the resource group which a policy names. */
export class ResourceGroupRefused extends Error {
  override readonly name = 'ResourceGroupRefused';
}

/** The statement that makes a group which yields to others; where cores are to be its own, VCPU names them. */
export function createGroupSql(group: string): string {
  return `CREATE RESOURCE GROUP ${identifier(group)} TYPE = USER THREAD_PRIORITY = 19;`;
}

/**
 * From now on the session's statements run with the thread priority and on the cores of a MySQL resource group.
 * @throws ResourceGroupRefused where there is none, or the user may not
 */
export async function joinResourceGroup(session: Session, group: string): Promise<void> {
  const refuse = (fact: string, remedy: string) =>
    new ResourceGroupRefused(
      `throttle.resourceGroup: ${group}: ${fact}. ${remedy}, or leave throttle.resourceGroup out`,
    );
  if (session.flavor === 'mariadb')
    throw refuse('MariaDB has no resource groups', 'Give the server’s threads cores by the system’s own means');
  try {
    await session.execute(`SET RESOURCE GROUP ${identifier(group)}`);
  } catch (error) {
    if (lacksPrivilege(error)) throw refuse('the user may not join it', 'GRANT RESOURCE_GROUP_USER ON *.* to the user');
    if (errnoOf(error) === unknownGroup) throw refuse('there is no such resource group', createGroupSql(group));
    if (errnoOf(error) === undefined || !(error instanceof Error)) throw error;
    throw refuse(`the server refuses it (${error.message})`, 'See SELECT * FROM information_schema.resource_groups');
  }
}
