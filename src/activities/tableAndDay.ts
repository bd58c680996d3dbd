/** The table and the day that an activity's input names. */
export function tableAndDayOf(input: unknown): { table: string | undefined; day: string | undefined } {
  const { table, day } = (input ?? {}) as Record<string, unknown>;
  return {
    table: typeof table === 'string' ? table : undefined,
    day: typeof day === 'string' ? day : undefined,
  };
}
