import {
  createServer as createHttpServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Config } from '../../src/config/load.ts';

/**
 * What becomes of a request: carried out and answered; carried out, and the connection breaks before its answer is seen
 * (P16); the connection breaks before it is sent; the server answers a statement with an error, and doesn't carry it out;
 * it falls silent, open on both sides, and no byte passes any more; or the whole attempt is dead, as after a SIGKILL, and
 * neither this request nor any later one reaches a server.
 */
export type Fate = 'answered' | 'unanswered' | 'unsent' | 'refused' | 'silent' | 'dead';

/** Decides a request's fate; one that waits stops the attempt there, as a SIGSTOP would. */
export type FateOf = (step: number, what: string) => Fate | Promise<Fate>;

/** Opening a session changes nothing that anyone else can see. */
const opening = /^(SELECT VERSION\(\)|SELECT @@session\.sql_log_bin|SET SESSION(?! TRANSACTION READ ONLY))/;

interface SqlLine {
  client: Socket;
  server: Socket;
  inTransaction: boolean;
  /** Rows that its open transaction keeps others from. */
  holdsLocks: boolean;
  /** Nothing passes between the two sides, not even that one has closed the connection. */
  silent?: boolean;
}

/**
 * The wire between one attempt and its servers: every SQL statement and every S3 request on it is a numbered step. It
 * is outside of the attempt, so a step that it stops hasn't happened on the server.
 */
export class Wire {
  /** What passed, or tried to, in order: `sql COMMIT`, `s3 PUT /…`. */
  readonly steps: string[] = [];
  readonly #lines = new Set<SqlLine>();
  readonly #listeners: { close(done: () => void): unknown }[] = [];
  #dead = false;
  #hushed = false;

  /** The attempt's config: the same, but for where its servers are. */
  config: Config;

  private constructor(
    readonly straight: Config,
    readonly fateOf: FateOf,
  ) {
    this.config = straight;
  }

  static async open(config: Config, fateOf: FateOf = () => 'answered'): Promise<Wire> {
    const wire = new Wire(config, fateOf);
    wire.config = {
      ...config,
      source: { ...config.source, port: await wire.#listen(createServer((client) => void wire.#serveSql(client))) },
      store: { ...config.store, endpoint: `http://127.0.0.1:${await wire.#listen(wire.#serveS3())}` },
    };
    return wire;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Ends, on the server, the transactions that keep others from their rows; the attempt finds out when it goes on. */
  breakLocks(): void {
    for (const line of this.#lines) if (line.holdsLocks) cut(line);
  }

  /** From here on no byte passes on any connection, and new connections get no answer. */
  hush(): void {
    this.#hushed = true;
    for (const line of this.#lines) line.silent = true;
  }

  async close(): Promise<void> {
    for (const line of this.#lines) cut(line);
    await Promise.all(this.#listeners.map((each) => new Promise<void>((resolve) => each.close(resolve))));
  }

  #die(): void {
    this.#dead = true;
    for (const line of this.#lines) cut(line);
  }

  async #next(what: string): Promise<Fate> {
    if (this.#dead) return 'dead';
    if (this.#hushed) return 'silent';
    const fate = await this.fateOf(this.steps.push(what), what);
    if (fate === 'dead') this.#die();
    return this.#dead ? 'dead' : fate;
  }

  async #listen(server: ReturnType<typeof createServer>): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#listeners.push(server);
    return (server.address() as AddressInfo).port;
  }

  async #serveSql(client: Socket): Promise<void> {
    if (this.#dead) return void client.destroy();
    const { host, port } = this.straight.source;
    const line: SqlLine = {
      client,
      server: connect({ host, port, noDelay: true }),
      inTransaction: false,
      holdsLocks: false,
      silent: this.#hushed,
    };
    const { server } = line;
    client.setNoDelay(true);
    this.#lines.add(line);
    for (const socket of [client, server])
      socket
        .on('error', () => undefined)
        .on('close', () => {
          if (line.silent) return;
          this.#lines.delete(line);
          cut(line);
        });
    let unanswered = false;
    server.on('data', (piece) => {
      if (line.silent) return;
      if (unanswered) cut(line);
      else client.write(piece);
    });
    let held: Buffer = Buffer.alloc(0);
    try {
      for await (const piece of client) {
        held = Buffer.concat([held, piece]);
        for (let length = packetLength(held); length <= held.length; length = packetLength(held)) {
          const packet = held.subarray(0, length);
          held = held.subarray(length);
          const statement = statementOf(packet);
          const fate = statement === undefined ? 'answered' : await this.#next(`sql ${statement}`);
          if (fate === 'dead' || fate === 'unsent') return cut(line);
          if (fate === 'silent') line.silent = true;
          // Whatever else the client sends is swallowed.
          if (line.silent) break;
          if (statement !== undefined) follow(line, statement);
          unanswered = fate === 'unanswered';
          server.write(fate === 'refused' ? refusedPacket(packet) : packet);
        }
      }
    } catch {
      // The attempt closed its connection in the middle.
    }
  }

  #serveS3(): Server {
    const server = createHttpServer((asked, out) => void this.#serveRequest(asked, out).catch(() => out.destroy()));
    this.#listeners.push({
      close(done) {
        server.closeAllConnections();
        done();
      },
    });
    return server;
  }

  async #serveRequest(asked: IncomingMessage, out: ServerResponse): Promise<void> {
    const body = await buffer(asked);
    const fate = await this.#next(
      `s3 ${asked.method} ${decodeURIComponent(asked.url ?? '').replace(/\?x-id=\w+/, '')}`,
    );
    // A refusal rather than a reset: the dead attempt's client would try a reset again and again.
    if (fate === 'dead') return void out.writeHead(403).end();
    if (fate === 'unsent') return void out.destroy();
    if (fate === 'silent') return;
    const { hostname, port } = new URL(this.straight.store.endpoint ?? '');
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const onward = request(
        { hostname, port, method: asked.method, path: asked.url, headers: asked.headers },
        resolve,
      );
      onward.on('error', reject).end(body);
    });
    const content = await buffer(answer);
    if (fate === 'unanswered' || this.#dead) return void out.destroy();
    out.writeHead(answer.statusCode ?? 500, answer.headers).end(content);
  }
}

function cut({ client, server }: SqlLine): void {
  client.destroy();
  server.destroy();
}

/** What a statement that is sent makes of its connection's transaction. */
function follow(line: SqlLine, statement: string): void {
  if (statement.startsWith('START TRANSACTION')) line.inTransaction = true;
  else if (statement === 'COMMIT' || statement === 'ROLLBACK') line.inTransaction = line.holdsLocks = false;
  else if (line.inTransaction && (!statement.startsWith('SELECT') || statement.endsWith('FOR UPDATE')))
    line.holdsLocks = true;
}

/** Three bytes of length, one of sequence, then the payload. */
function packetLength(held: Buffer): number {
  return held.length < 4 ? Number.POSITIVE_INFINITY : 4 + held.readUIntLE(0, 3);
}

/** In a COM_QUERY's place one that fails: what a MySQL catalogue answers while any session runs a statement with an emoji. */
function refusedPacket(packet: Buffer): Buffer {
  const attributes = /^[^ -~]*/.exec(packet.subarray(5).toString('latin1'))?.[0].length ?? 0;
  const text = "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3854, MESSAGE_TEXT = 'Cannot convert string'";
  const refused = Buffer.concat([packet.subarray(0, 5 + attributes), Buffer.from(text)]);
  refused.writeUIntLE(refused.length - 4, 0, 3);
  return refused;
}

/** The text of a COM_QUERY; undefined for the handshake's packets and for the opening of a session. */
function statementOf(packet: Buffer): string | undefined {
  const [sequence, command] = [packet[3], packet[4]];
  if (sequence !== 0 || command !== 3) return undefined;
  // Before the text there may be a count of query attributes, two bytes below a space.
  const text = packet
    .subarray(5)
    .toString('utf8')
    .replace(/^[^ -~]+/, '');
  return opening.test(text) ? undefined : text.replaceAll(/\s+/g, ' ');
}
