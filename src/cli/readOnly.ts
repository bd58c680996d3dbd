import type { Config } from '../config/load.ts';
import { Source } from '../job/source.ts';
import type { Session } from '../mysql/session/session.ts';

/** From here on the server itself refuses every statement that would change something (pitfall P52: a dry run that writes). */
export async function forbidWriting(session: Session): Promise<void> {
  await session.execute('SET SESSION TRANSACTION READ ONLY');
}

/** Works on the source in a session that can't write. */
export async function readOnly<Result>(
  config: Config,
  work: (session: Session, source: Source) => Promise<Result>,
): Promise<Result> {
  const source = new Source(config);
  const session = await source.open('READ COMMITTED');
  try {
    await forbidWriting(session);
    return await work(session, source);
  } finally {
    session.close();
    source.close();
  }
}
