import { readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { escape as literal } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { messageOf } from '../../src/model/error.ts';
import type { Addresses, SqlAddress } from '../stack.ts';
import { fetchLoad, loadDenied, loadsFromS3, parseLoad } from './loads.ts';
import { AuroraError, type Outfile, putOutfiles } from './outfiles.ts';
import {
  AnswerReader,
  errorPacket,
  greetingOf,
  hasAttributes,
  type Packet,
  PacketReader,
  queryOf,
  queryPacket,
  type SqlError,
  withValues,
} from './packets.ts';
import { type AuroraSettings, defaultSettings } from './settings.ts';
import { asSent, frontSchema, killedBy, mayWriteFiles, rewritten, showsProcedure, writes } from './statements.ts';

const killed: SqlError = { errno: 1317, state: '70100', message: 'Query execution was interrupted' };
const readOnly: SqlError = { errno: 1836, state: 'HY000', message: 'Running in read-only mode' };

/**
 * A stand-in for an Aurora MySQL cluster's writer: a front before a real MySQL server that speaks its protocol, and writes
 * `INTO OUTFILE S3` into the local S3. README.md lists each behaviour with the page of the documentation that it rests on.
 */
export class AuroraFront {
  readonly #listener: Server;
  readonly #links = new Map<Socket, Link>();
  readonly settings: AuroraSettings = { ...defaultSettings };
  /** Keys of the objects that LOAD DATA FROM S3 has read. */
  readonly loaded: string[] = [];
  /** What a test does before the server reads an object. */
  beforeLoad: ((key: string) => Promise<void>) | undefined;

  private constructor(
    readonly behind: SqlAddress,
    readonly s3: S3Client,
  ) {
    // Answers are many small packets: Nagle's algorithm would hold each back for the client's delayed acknowledgement, 40 ms.
    this.#listener = createServer({ noDelay: true }, (client) => {
      const link = new Link(client, this);
      this.#links.set(client, link);
      client.on('close', () => this.#links.delete(client));
    });
  }

  static async start(behind: SqlAddress, s3: Addresses['s3']): Promise<AuroraFront> {
    const { host, port, user, password } = behind;
    const connection = await createConnection({ host, port, user, password });
    try {
      // Several fronts may be before one server.
      await connection.query("DO GET_LOCK('aurora_front', 30)");
      const text = readFileSync(new URL('schema.sql', import.meta.url), 'utf8');
      for (const statement of text.split('\n--\n')) await connection.query(statement);
      await connection.query('GRANT AWS_SELECT_S3_ACCESS, AWS_LOAD_S3_ACCESS TO ?@?', [user, 'localhost']);
    } finally {
      await connection.end();
    }
    const { endpoint, region, accessKeyId, secretAccessKey } = s3;
    const credentials = { accessKeyId, secretAccessKey };
    const front = new AuroraFront(behind, new S3Client({ endpoint, region, credentials, forcePathStyle: true }));
    await new Promise<void>((resolve) => front.#listener.listen(0, '127.0.0.1', resolve));
    return front;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** Ends the writing to S3 of a connection's statement, as KILL QUERY does. */
  kill(connectionId: number): void {
    for (const link of this.#links.values()) if (link.connectionId === connectionId) link.killed = true;
  }

  /** The writer becomes a reader: every connection is cut, and the next ones find it read-only. */
  failOver(): void {
    this.settings.reader = true;
    this.cut();
  }

  /** Cuts every connection. */
  cut(): void {
    for (const client of this.#links.keys()) client.resetAndDestroy();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#listener.close(() => resolve()));
    this.cut();
    await closed;
    this.s3.destroy();
  }
}

/** One client's connection and the server's behind it. */
class Link {
  readonly #server: Socket;
  readonly #fromServer = new PacketReader();
  readonly #fromClient = new PacketReader();
  /** Takes the server's packets in place of the client. */
  #taker: ((packet: Packet) => void) | undefined;
  /** Whether the client's queries have attributes; undefined until it has answered the greeting. */
  #attributes: boolean | undefined;
  connectionId = 0;
  killed = false;

  constructor(
    readonly client: Socket,
    readonly front: AuroraFront,
  ) {
    this.#server = connect({ port: front.behind.port, host: front.behind.host, noDelay: true });
    let greeted = false;
    this.#server.on('data', (piece: Buffer) => {
      for (const packet of this.#fromServer.read(piece)) {
        if (greeted) {
          if (this.#taker) this.#taker(packet);
          else this.client.write(packet.bytes);
          continue;
        }
        greeted = true;
        const greeting = greetingOf(packet);
        this.connectionId = greeting.connectionId;
        this.client.write(greeting.bytes);
      }
    });
    client.on('data', (piece: Buffer) => {
      for (const packet of this.#fromClient.read(piece)) void this.#take(packet);
    });
    for (const [socket, other] of [
      [client, this.#server],
      [this.#server, client],
    ] as const) {
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
  }

  async #take(packet: Packet): Promise<void> {
    if (this.#attributes === undefined) {
      this.#attributes = hasAttributes(packet);
      this.#server.write(packet.bytes);
      return;
    }
    const sql = queryOf(packet, this.#attributes);
    if (sql === undefined) {
      this.#server.write(packet.bytes);
      return;
    }
    const { settings } = this.front;
    if (settings.reader && writes(sql)) {
      this.client.write(errorPacket(1, readOnly));
      return;
    }
    const victim = killedBy(sql);
    if (victim !== undefined) this.front.kill(victim);
    const sent = rewritten(sql, settings);
    if (/\sINTO OUTFILE S3\s/.test(sent) && /^\s*SELECT/i.test(sent)) await this.#direct(sent);
    else if (loadsFromS3(sent)) await this.#load(sent);
    else if (mayWriteFiles(sent)) await this.#during(sent);
    else if (showsProcedure(sent)) await this.#show(sent);
    else this.#server.write(sent === sql ? packet.bytes : queryPacket(sent, this.#attributes));
  }

  /** A statement that isn't inside a procedure goes through the same function. */
  async #direct(sql: string): Promise<void> {
    const held: Buffer[] = [];
    const prepared = [
      `SET @aurora_front_statement = ${frontSchema}.into_s3(${literal(sql)})`,
      'PREPARE aurora_front_direct FROM @aurora_front_statement',
    ];
    for (const statement of prepared) {
      held.length = 0;
      const { error } = await this.#ask(statement, held);
      if (!error) continue;
      this.client.write(Buffer.concat(held));
      return;
    }
    await this.#during('EXECUTE aurora_front_direct');
  }

  /** Has the server load the object, which is put on its disk before. */
  async #load(sql: string): Promise<void> {
    this.killed = false;
    const { settings, s3, loaded } = this.front;
    let file: string | undefined;
    try {
      const load = parseLoad(sql, settings.version);
      const { first: roles } = await this.#ask('SELECT CURRENT_ROLE()');
      if (!roles?.includes('AWS_LOAD_S3_ACCESS')) throw new AuroraError(loadDenied);
      const { first: folder } = await this.#ask('SELECT @@tmpdir');
      await this.front.beforeLoad?.(load.key);
      const fetched = await fetchLoad(s3, settings.version, load, { settings, folder: String(folder) });
      file = fetched.file;
      await this.#sleep(sql);
      if (settings.loadCommits) await this.#ask('COMMIT');
      const held: Buffer[] = [];
      const { error } = await this.#ask(fetched.sql, held);
      if (!error) loaded.push(load.key);
      this.client.write(Buffer.concat(held));
    } catch (error) {
      this.#refuse(error);
    } finally {
      if (file !== undefined) rmSync(file, { force: true });
    }
  }

  #refuse(error: unknown): void {
    const failure = { errno: 1105, state: 'HY000', message: `the stand-in failed: ${messageOf(error)}` };
    this.client.write(errorPacket(1, error instanceof AuroraError ? error.sql : failure));
  }

  /** The process list shows the statement while S3 is slow. @throws AuroraError where it is killed meanwhile */
  async #sleep(sql: string): Promise<void> {
    const { slowSeconds } = this.front.settings;
    if (slowSeconds > 0) await this.#ask(`SELECT SLEEP(${slowSeconds}) /* ${sql.replaceAll('*/', '')} */`);
    if (this.killed) throw new AuroraError(killed);
  }

  /** Changes the row with a procedure's text, which alone names the front's function. */
  async #show(sql: string): Promise<void> {
    const held: Buffer[] = [];
    await this.#ask(sql, held);
    for (const packet of new PacketReader().read(Buffer.concat(held))) {
      const shows = packet.payload.includes(`${frontSchema}.into_s3`);
      this.client.write(shows ? withValues(packet, asSent) : packet.bytes);
    }
  }

  /** Holds the answer back until what the statement wrote is in S3. */
  async #during(sql: string): Promise<void> {
    this.killed = false;
    const held: Buffer[] = [];
    const answer = await this.#ask(sql, held);
    try {
      const { first } = await this.#ask('SELECT CONCAT(@aurora_front_files)');
      if (first) {
        await this.#ask('SET @aurora_front_files = NULL');
        await this.#write(sql, JSON.parse(first) as Outfile[], answer.error);
      }
      this.client.write(Buffer.concat(held));
    } catch (error) {
      this.#refuse(error);
    }
  }

  async #write(sql: string, files: readonly Outfile[], failure: SqlError | undefined): Promise<void> {
    const { settings, s3 } = this.front;
    if (failure) {
      for (const { file } of files) rmSync(file, { force: true });
      return;
    }
    await this.#sleep(sql);
    await putOutfiles(s3, settings.version, files, settings);
  }

  /** Sends a statement of the front's own on the client's connection. */
  #ask(sql: string, into: Buffer[] = []): Promise<AnswerReader> {
    const answer = new AnswerReader();
    return new Promise((resolve) => {
      this.#taker = (packet) => {
        into.push(packet.bytes);
        if (!answer.add(packet)) return;
        this.#taker = undefined;
        resolve(answer);
      };
      this.#server.write(queryPacket(sql, this.#attributes === true));
    });
  }
}
