/**
 * The fields of Temporal's API that a look at it sends and reads, by the names and numbers of its protocol, which never
 * change. A test compares them with the SDK's own.
 */
export const messages = {
  nested: {
    TaskQueue: { fields: { name: { type: 'string', id: 1 } } },
    Timestamp: { fields: { seconds: { type: 'int64', id: 1 } } },
    WorkflowExecution: { fields: { workflowId: { type: 'string', id: 1 } } },
    Failure: { fields: { message: { type: 'string', id: 1 } } },
    PollerInfo: { fields: { lastAccessTime: { type: 'Timestamp', id: 1 } } },
    WorkflowExecutionInfo: {
      fields: { execution: { type: 'WorkflowExecution', id: 1 }, status: { type: 'int32', id: 5 } },
    },
    ListWorkflowExecutionsRequest: {
      fields: {
        namespace: { type: 'string', id: 1 },
        pageSize: { type: 'int32', id: 2 },
        query: { type: 'string', id: 4 },
      },
    },
    ListWorkflowExecutionsResponse: {
      fields: { executions: { rule: 'repeated', type: 'WorkflowExecutionInfo', id: 1 } },
    },
    ActivityType: { fields: { name: { type: 'string', id: 1 } } },
    PendingActivityInfo: {
      fields: {
        activityType: { type: 'ActivityType', id: 2 },
        attempt: { type: 'int32', id: 7 },
        lastFailure: { type: 'Failure', id: 11 },
        lastAttemptCompleteTime: { type: 'Timestamp', id: 17 },
      },
    },
    ScheduleState: { fields: { notes: { type: 'string', id: 1 }, paused: { type: 'bool', id: 2 } } },
    Schedule: { fields: { state: { type: 'ScheduleState', id: 4 } } },
    DescribeTaskQueueRequest: {
      fields: {
        namespace: { type: 'string', id: 1 },
        taskQueue: { type: 'TaskQueue', id: 2 },
        taskQueueType: { type: 'int32', id: 3 },
      },
    },
    DescribeTaskQueueResponse: { fields: { pollers: { rule: 'repeated', type: 'PollerInfo', id: 1 } } },
    DescribeWorkflowExecutionRequest: {
      fields: { namespace: { type: 'string', id: 1 }, execution: { type: 'WorkflowExecution', id: 2 } },
    },
    DescribeWorkflowExecutionResponse: {
      fields: {
        workflowExecutionInfo: { type: 'WorkflowExecutionInfo', id: 2 },
        pendingActivities: { rule: 'repeated', type: 'PendingActivityInfo', id: 3 },
      },
    },
    DescribeScheduleRequest: {
      fields: { namespace: { type: 'string', id: 1 }, scheduleId: { type: 'string', id: 2 } },
    },
    DescribeScheduleResponse: { fields: { schedule: { type: 'Schedule', id: 1 } } },
  },
} as const;
