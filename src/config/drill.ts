import { z } from 'zod';

/** When a day of each table is restored by way of trial, and where to. Plain JSON. */
export interface DrillSettings {
  /** The schema that days are loaded into; it holds nothing else. */
  schema: string;
  /** `Sun 05:00` once per week, `05:00` every day; UTC. Left out: a drill runs only when it is asked for. */
  at?: string | undefined;
  /** Days of more rows aren't chosen. */
  rowsAtMost: number;
}

const rowsByDefault = 10_000_000;

export const drillSchema = z
  .strictObject({
    schema: z.string().min(1).max(64),
    at: z
      .string()
      .regex(/^(?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?([01]\d|2[0-3]):([0-5]\d)$/, {
        error: 'is no time of the week. Write "Sun 05:00", or "05:00" for every day; UTC',
      })
      .optional(),
    rowsAtMost: z.int().positive().optional(),
  })
  .optional();

/** Null where the config has none. */
export function resolveDrill(file: z.infer<typeof drillSchema>): DrillSettings | null {
  return file ? { schema: file.schema, at: file.at, rowsAtMost: file.rowsAtMost ?? rowsByDefault } : null;
}
