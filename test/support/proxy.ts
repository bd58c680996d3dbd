import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** How the stream to the client ends: an orderly FIN, or a reset. */
export type Ending = 'end' | 'reset';

export interface SqlProxy {
  port: number;
  /** Bytes of the server's answers handed on so far, over all connections. */
  bytes(): number;
  /** Hands on so many bytes more, then ends every connection; new ones get through again, as to a server that came back. */
  cutAfter(bytes: number, ending?: Ending): void;
  /** From here on no byte passes, either way, and no connection is closed. */
  hush(): void;
  /** Whether it resets who is connected and whoever connects, as where no server runs. A gRPC client keeps its connection for a later client. */
  refuse(refuses: boolean): void;
  close(): Promise<void>;
}

/** A TCP proxy before the real server that can cut the server's answers off at any byte. */
export async function sqlProxy(serverPort: number): Promise<SqlProxy> {
  const clients = new Set<Socket>();
  let passed = 0;
  let limit = Number.POSITIVE_INFINITY;
  let ending: Ending = 'end';
  let hushed = false;
  const finish = (client: Socket) => (ending === 'end' ? client.end() : client.resetAndDestroy());
  let refuses = false;
  const listener = createServer((client) => {
    if (refuses) return void client.resetAndDestroy();
    const server = connect(serverPort, '127.0.0.1');
    clients.add(client);
    client.on('data', (piece: Buffer) => {
      if (!hushed) server.write(piece);
    });
    server.on('data', (piece: Buffer) => {
      if (hushed) return;
      const room = Math.max(0, limit - passed);
      passed += Math.min(room, piece.length);
      if (room >= piece.length) {
        client.write(piece);
        return;
      }
      server.destroy();
      if (ending === 'end') client.write(piece.subarray(0, room));
      limit = Number.POSITIVE_INFINITY;
      for (const each of clients) finish(each);
    });
    server.on('end', () => hushed || client.end());
    server.on('error', () => hushed || client.destroy());
    client.on('end', () => server.end());
    client.on('error', () => server.destroy());
    client.on('close', () => {
      clients.delete(client);
      server.destroy();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    port: (listener.address() as AddressInfo).port,
    bytes: () => passed,
    cutAfter(bytes, how = 'end') {
      limit = passed + bytes;
      ending = how;
    },
    refuse(each) {
      refuses = each;
      if (!refuses) return;
      for (const client of clients) client.resetAndDestroy();
    },
    hush() {
      hushed = true;
    },
    close() {
      for (const client of clients) client.destroy();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
}
