import { log } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** Adds source, workflow, table and day to each log line of an activity, source and table to its metrics, and logs its result. */
export function activityTelemetry(source: string): ActivityInterceptorsFactory {
  return (context) => {
    const { workflowExecution, activityType, attempt } = context.info;
    const labels: Record<string, string> = { source };
    return {
      inbound: {
        async execute(input, next) {
          const { table, day } = (input.args[0] ?? {}) as Record<string, unknown>;
          if (typeof table === 'string') labels.table = table;
          if (typeof day === 'string') labels.day = day;
          const output = await next(input);
          // What became of the day is said by the activity itself, in words.
          log.debug(`${activityType} is done`, { attempt, ...figures(output) });
          return output;
        },
      },
      outbound: {
        getLogAttributes: (input, next) => next({ ...input, workflow: workflowExecution?.workflowId, ...labels }),
        // The day isn't a tag, because each day would make a time series of its own.
        getMetricTags: (input, next) => next({ ...input, source, ...(labels.table ? { table: labels.table } : {}) }),
      },
    };
  };
}

/** The flat part of a result, which a line can show. Only the result names a slice's day, because its input has none. */
function figures(output: unknown): Record<string, unknown> {
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return {};
  return Object.fromEntries(Object.entries(output).filter(([, value]) => typeof value !== 'object'));
}
