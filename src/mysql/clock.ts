import type { Session } from './session/session.ts';

/**
 * MySQL's clock, ISO 8601 UTC with microseconds. Every decision about days goes by it (pitfall P37: a worker's own clock
 * may be wrong).
 */
export async function serverNow(session: Session): Promise<string> {
  const [row] = await session.rows("SELECT DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%s.%fZ') AS now");
  return String(row?.now);
}
