import { createRequire } from 'node:module';
import type protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { messages } from '../../../src/cli/status/temporalMessages.ts';
import { credentialsOf } from '../../../src/cli/status/temporalView.ts';

/** Its types have the messages alone, not what they were made from. */
const root: protobuf.Root = createRequire(import.meta.url)('@temporalio/proto/protos/root.js');

/** Where Temporal's API has each message. */
const packages: Record<string, string> = {
  TaskQueue: 'temporal.api.taskqueue.v1',
  PollerInfo: 'temporal.api.taskqueue.v1',
  Timestamp: 'google.protobuf',
  WorkflowExecution: 'temporal.api.common.v1',
  Failure: 'temporal.api.failure.v1',
  ActivityType: 'temporal.api.common.v1',
  ScheduleState: 'temporal.api.schedule.v1',
  Schedule: 'temporal.api.schedule.v1',
  WorkflowExecutionInfo: 'temporal.api.workflow.v1',
  PendingActivityInfo: 'temporal.api.workflow.v1',
};

test.each(Object.entries(messages.nested))(
  'status knows the fields of %s as Temporal’s SDK does',
  (name, { fields }) => {
    const real = root.lookupType(`${packages[name] ?? 'temporal.api.workflowservice.v1'}.${name}`);
    for (const [field, { id, type, ...rest }] of Object.entries<{ id: number; type: string; rule?: string }>(fields)) {
      const own = real.fields[field]?.resolve();
      expect(own).toMatchObject({ id, repeated: rest.rule === 'repeated' });
      // An enumeration is an int32 on the wire.
      expect([own?.type.split('.').at(-1), own?.resolvedType && 'values' in own.resolvedType ? 'int32' : '']).toContain(
        type,
      );
    }
  },
);

test.each([
  ['without TLS', {}, false],
  ['with TLS switched off beside an API key', { tls: false, apiKey: 'key' }, false],
  ['with an API key', { apiKey: 'key' }, true],
  ['with TLS switched on', { tls: true }, true],
  ['with TLS and a server name', { tls: { serverNameOverride: 'name' } }, true],
])('a look at Temporal is encrypted as its configuration says: %s', (_, given, secure) => {
  expect(credentialsOf(given)._isSecure()).toBe(secure);
});
