import { randomUUID } from 'node:crypto';
import {
  type Claim,
  claimKey,
  describeServer,
  isSameProcess,
  parseClaim,
  type RunningServer,
  renderClaim,
} from '../../archive/claim.ts';
import type { Source } from '../../job/source.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import {
  readRunningServer,
  readWords,
  requireAccepted,
  ServerChanged,
  writeWords,
} from '../../ledger/serverIdentity.ts';
import { addressOf } from '../../mysql/session/server.ts';
import { Session } from '../../mysql/session/session.ts';

/** A copy of the ledger is found once the word was replaced: so often it is, while there is work. */
const renewMillis = 10 * 60_000;

interface Standing {
  claim: Claim;
  etag: string;
}

/**
 * The server that the archive belongs to, or one that has its whole ledger. The same claim is in the ledger and in S3. It
 * is replaced in both when another server process is seen, and every ten minutes of work. The claim moves with the data: a
 * server after a failover or a restart, or a pod with another name, has it and goes on by itself. A clone, a restored copy
 * or a replica that was behind has an old claim and is stopped. A clone that comes first has the newest claim too. It is
 * stopped if the original still answers at its address and takes writes. If the original is down, a clone and a promoted
 * replica look alike: one goes on by itself only at the address of the original, or from its data folder.
 *
 * @returns the server's id
 * @throws ServerChanged
 */
export async function requireServer(source: Source, ledger: Ledger): Promise<string> {
  const here = await readRunningServer(ledger.session);
  const standing = await readClaim(source);
  if (!standing) {
    await requireAccepted(ledger, here.id);
    await claimFor(source, ledger, here, undefined);
    return here.id;
  }
  const { claim } = standing;
  const own = await readWords(ledger);
  const isOwn = claim.word === own.word || claim.word === own.pending;
  const isHere = isSameProcess(claim.server, here);
  // In the very process that has claimed it last the ledger was restored or dropped: the purges' traces judge that.
  if (!isOwn && isHere) await writeWords(ledger, { word: claim.word, pending: null, address: addressHere(source) });
  if (!isOwn && !isHere)
    throw new ServerChanged(
      describeServer(here),
      [describeServer(claim.server)],
      `that one claimed it at ${claim.claimedAt}, and this ledger doesn't know of it. It is a clone, a ` +
        'restored copy, or a replica that was behind, or that one is',
    );
  if (isHere) {
    await requireAccepted(ledger, here.id);
    if (source.now() - Date.parse(claim.claimedAt) > renewMillis) await claimFor(source, ledger, here, standing);
    return here.id;
  }
  if (await stillRuns(source, own.address, claim.server))
    throw new ServerChanged(
      describeServer(here),
      [describeServer(claim.server)],
      `that one still runs, takes writes and answers at ${own.address}, so this one is a copy of it, or its replica that was promoted too early`,
    );
  if (!succeeds(here, claim.server) && own.address !== null && own.address !== addressHere(source))
    throw new ServerChanged(
      describeServer(here),
      [describeServer(claim.server)],
      `that one was reached at ${own.address} and no longer answers there, this one is reached at ` +
        `${addressHere(source)}: a replica that was promoted, or a clone that was started while that one is down`,
    );
  await claimFor(source, ledger, here, standing);
  await ledger.acceptServer(
    here.id,
    'sediment',
    `it has the ledger of ${describeServer(claim.server)}, up to its last claim`,
  );
  return here.id;
}

function addressHere({ config }: Source): string {
  return addressOf(config.source);
}

/** Whether it is the next process on the same data folder, which only one process may have open. */
function succeeds(here: RunningServer, before: RunningServer): boolean {
  return here.host === before.host && here.dataFolder === before.dataFolder;
}

/** A running server answers at once. The address of one that is gone may never answer, so the wait has an end. */
const answerMillis = 5_000;

/** Whether the process that has claimed the archive is still there and takes writes. No answer says nothing. */
async function stillRuns(source: Source, address: string | null, server: RunningServer): Promise<boolean> {
  // This process answers at that address, so the claim's doesn't: a failover behind one name.
  if (address === null || address === addressHere(source)) return false;
  const colon = address.lastIndexOf(':');
  const endpoint = { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
  const asking = askServer({ ...source.config.source, ...endpoint }, server);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), answerMillis);
  });
  return Promise.race([asking.catch(() => false), late]).finally(() => clearTimeout(timer));
}

async function askServer(address: Parameters<typeof Session.open>[0], server: RunningServer): Promise<boolean> {
  const session = await Session.open(address, 'READ COMMITTED');
  try {
    const found = await readRunningServer(session);
    const [row] = await session.rows('SELECT @@global.read_only AS readOnly');
    return isSameProcess(server, found) && Number(row?.readOnly) === 0;
  } finally {
    session.close();
  }
}

/** Takes the archive for this server, at a person's word. @returns the server that had it, where that is another process */
export async function claimServer(source: Source, ledger: Ledger): Promise<Claim['server'] | undefined> {
  const here = await readRunningServer(ledger.session);
  const standing = await readClaim(source);
  if (!standing) return undefined;
  const { word, pending } = await readWords(ledger);
  const isOwn = standing.claim.word === word || standing.claim.word === pending;
  if (isOwn && isSameProcess(standing.claim.server, here)) return undefined;
  await claimFor(source, ledger, here, standing);
  return standing.claim.server;
}

async function readClaim(source: Source): Promise<Standing | undefined> {
  const key = claimKey(source.config.store.prefix);
  const found = await source.store.readSmall(key);
  return found && { claim: parseClaim(found.body.toString('utf8'), key), etag: found.etag };
}

/**
 * Writes a new token: into the ledger as pending, into S3 over the claim that was read, and into the ledger as current, each
 * step under the row's lock. If another worker of this ledger was first, the next activity reads its claim.
 * @throws Conflict where another ledger was first
 */
async function claimFor(
  source: Source,
  ledger: Ledger,
  here: RunningServer,
  standing: Standing | undefined,
): Promise<void> {
  const key = claimKey(source.config.store.prefix);
  const word = randomUUID();
  const claimedAt = new Date(source.now()).toISOString();
  const address = addressHere(source);
  const body = renderClaim({ claimVersion: 1, source: source.config.source.name, word, server: here, claimedAt });
  await ledger.session.transaction(async () => {
    const own = await readWords(ledger, true);
    const now = await readClaim(source);
    if (now?.etag === standing?.etag)
      return writeWords(ledger, { word: standing?.claim.word ?? null, pending: word, address });
    const found = now?.claim.word ?? null;
    if (found === own.pending) await writeWords(ledger, { word: found, pending: null, address });
  });
  await ledger.session.transaction(async () => {
    if ((await readWords(ledger, true)).pending !== word) return;
    await source.store.putSmall(key, body, standing?.etag);
    await writeWords(ledger, { word, pending: null, address });
  });
}
