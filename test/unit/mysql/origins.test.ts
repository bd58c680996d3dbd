import { expect, test } from 'vitest';
import { originOf } from '../../../src/mysql/replica/origins.ts';

test.each([
  ['a channel at work', { Source_Host: 'db-1', Source_Port: 3306, Replica_IO_Running: 'Yes' }, ['db-1:3306']],
  [
    'one that waits for its source',
    { Source_Host: 'db-1', Source_Port: 3306, Replica_IO_Running: 'Connecting' },
    ['db-1:3306'],
  ],
  ['MariaDB’s names', { Master_Host: 'db-1', Master_Port: 3307, Slave_SQL_Running: 'Yes' }, ['db-1:3307']],
  ['one that a promotion has left', { Source_Host: 'db-1', Replica_IO_Running: 'No', Replica_SQL_Running: 'No' }, []],
  ['a group’s own', { Channel_Name: 'group_replication_recovery', Replica_SQL_Running: 'Yes' }, []],
  ['one without a host', { Replica_SQL_Running: 'Yes' }, ['another server']],
])('%s says from whom a server replicates', (_, channel, origins) => {
  expect(originOf(channel)).toEqual(origins);
});
