import { log } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** Puts source, workflow, table and day on each log line and each metric of an activity, and logs what it came to. */
export function activityTelemetry(source: string): ActivityInterceptorsFactory {
  return (context) => {
    const { workflowExecution, activityType, attempt } = context.info;
    const place: Record<string, string> = { source };
    return {
      inbound: {
        async execute(input, next) {
          const { table, day } = (input.args[0] ?? {}) as Record<string, unknown>;
          if (typeof table === 'string') place.table = table;
          if (typeof day === 'string') place.day = day;
          const output = await next(input);
          log.info(activityType, { attempt, ...figures(output) });
          return output;
        },
      },
      outbound: {
        getLogAttributes: (input, next) => next({ ...input, workflow: workflowExecution?.workflowId, ...place }),
        // The day isn't a tag: each would make a time series of its own.
        getMetricTags: (input, next) => next({ ...input, source, ...(place.table ? { table: place.table } : {}) }),
      },
    };
  };
}

/** The flat part of a result: what a line can show. A slice says only here which day it was at. */
function figures(output: unknown): Record<string, unknown> {
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return {};
  return Object.fromEntries(Object.entries(output).filter(([, value]) => typeof value !== 'object'));
}
