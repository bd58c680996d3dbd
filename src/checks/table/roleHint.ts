import type { TableRights } from '../../mysql/schema/tableRights.ts';

/** A role that is granted and not active gives nothing. */
export function roleHint({ roles }: TableRights): string {
  return roles ? ' (a role that is granted counts only while it is active: SET DEFAULT ROLE)' : '';
}
