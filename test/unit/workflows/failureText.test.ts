import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  RetryState,
  TimeoutFailure,
} from '@temporalio/common';
import { expect, test } from 'vitest';
import { failureText } from '../../../src/workflows/failureText.ts';

const said =
  'shop.notes 2026-11-21: column text holds bytes that are no utf8mb4 (id 7): mend the row, or drop the column';
const driver = new Error('Invalid utf8mb4 character string', { cause: new TypeError("reading 'length' of undefined") });
const own = ApplicationFailure.create({ message: said, type: 'ValuesLost', nonRetryable: true, cause: driver });
const activity = (cause: Error) =>
  new ActivityFailure('Activity task failed', 'exportPartition', '1', RetryState.NON_RETRYABLE_FAILURE, 'w', cause);
const child = (cause: Error) =>
  new ChildWorkflowFailure('default', { workflowId: 'a' }, 'archiveTable', RetryState.NON_RETRYABLE_FAILURE, cause);

test('a failure is told as the product says it, never as its innermost cause', () => {
  expect(failureText(own)).toBe(said);
  expect(failureText(activity(own))).toBe(said);
  expect(failureText(child(activity(own)))).toBe(said);
});

test('an activity whose time was up is told by its last attempt', () => {
  const timeout = new TimeoutFailure('activity ScheduleToClose timeout', undefined, 'SCHEDULE_TO_CLOSE');
  expect(failureText(activity(timeout))).toBe('activity ScheduleToClose timeout');
  Object.defineProperty(timeout, 'cause', { value: own });
  expect(failureText(activity(timeout))).toBe(`no attempt succeeded in time, the last one: ${said}`);
});
