import { type Check, refuse } from '../check.ts';
import type { RoleFacts } from './facts.ts';

/** A replica that takes writes: what is deleted on it alone makes it differ from its source, whose next change of such a row stops it. */
export const replicatesFromNobody: Check<RoleFacts> = {
  name: 'replicatesFromNobody',
  scope: 'server',
  when: ['doctor', 'run', 'slice'],
  run({ address, origins, allowed }) {
    if (origins.length === 0 || allowed) return [];
    return refuse(
      `the server at ${address} is a replica: it replicates from ${origins.join(' and ')}, and rows would be deleted here alone`,
      'point source.url at that server; or, where replication in a circle is meant, write source.allowReplica: true',
    );
  },
};
