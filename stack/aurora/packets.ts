/** Frames of the MySQL protocol: three bytes of length, a sequence number, the payload. */
export interface Packet {
  sequence: number;
  payload: Buffer;
  /** The whole frame. */
  bytes: Buffer;
}

const headBytes = 4;

/** Cuts a stream of bytes into packets. */
export class PacketReader {
  #rest: Buffer = Buffer.alloc(0);

  *read(piece: Buffer): Generator<Packet> {
    this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    while (this.#rest.length >= headBytes) {
      const end = headBytes + this.#rest.readUIntLE(0, 3);
      if (this.#rest.length < end) return;
      const bytes = this.#rest.subarray(0, end);
      this.#rest = this.#rest.subarray(end);
      yield { sequence: bytes.readUInt8(3), payload: bytes.subarray(headBytes), bytes };
    }
  }
}

export function frame(sequence: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUIntLE(payload.length, 0, 3);
  head.writeUInt8(sequence, 3);
  return Buffer.concat([head, payload]);
}

const comQuery = 0x03;

/** Before the text where client and server have agreed on attributes of queries: none, in one set. */
const noAttributes = Buffer.of(0, 1);
const attributesFlag = 1 << 27;

/** Whether a client's answer to the greeting says that its queries have attributes. */
export function hasAttributes({ payload }: Packet): boolean {
  return (payload.readUInt32LE(0) & attributesFlag) !== 0;
}

export function queryPacket(sql: string, attributes: boolean): Buffer {
  const head = attributes ? [Buffer.of(comQuery), noAttributes] : [Buffer.of(comQuery)];
  return frame(0, Buffer.concat([...head, Buffer.from(sql, 'utf8')]));
}

/** The text of a COM_QUERY; undefined for any other command, and for a query with attributes of its own. */
export function queryOf({ sequence, payload }: Packet, attributes: boolean): string | undefined {
  if (sequence !== 0 || payload[0] !== comQuery) return undefined;
  if (!attributes) return payload.toString('utf8', 1);
  return payload.subarray(1, 3).equals(noAttributes) ? payload.toString('utf8', 3) : undefined;
}

/** An error as the server sends it. */
export interface SqlError {
  errno: number;
  state: string;
  message: string;
}

export function errorPacket(sequence: number, { errno, state, message }: SqlError): Buffer {
  const head = Buffer.alloc(3);
  head.writeUInt8(0xff, 0);
  head.writeUInt16LE(errno, 1);
  return frame(sequence, Buffer.concat([head, Buffer.from(`#${state}${message}`, 'utf8')]));
}

/** SSL, compression, and answers without EOF packets: what the front doesn't speak. */
const masked = (1 << 11) | (1 << 5) | (1 << 24);

/** The server's greeting without the capabilities that the front doesn't speak; and its id of the connection. */
export function greetingOf(packet: Packet): { bytes: Buffer; connectionId: number } {
  const payload = Buffer.from(packet.payload);
  // A server that refuses the connection sends an error in place of its greeting.
  if (payload[0] !== 10) return { bytes: packet.bytes, connectionId: 0 };
  const versionEnd = payload.indexOf(0, 1);
  const connectionId = payload.readUInt32LE(versionEnd + 1);
  // Eight bytes of the challenge and a filler lie between the id and the lower half of the capabilities.
  const lower = versionEnd + 1 + 4 + 8 + 1;
  const upper = lower + 2 + 1 + 2;
  payload.writeUInt16LE(payload.readUInt16LE(lower) & ~(masked & 0xffff), lower);
  payload.writeUInt16LE(payload.readUInt16LE(upper) & ~(masked >>> 16), upper);
  return { bytes: frame(packet.sequence, payload), connectionId };
}

const moreResults = 0x0008;

/** Finds the end of the answer to one COM_QUERY, and the first value of its first row. */
export class AnswerReader {
  #state: 'head' | 'columns' | 'rows' = 'head';
  /** The first column of the first row, as text; null for NULL. */
  first: string | null | undefined;
  /** The server's error, if that was the answer. */
  error: SqlError | undefined;

  /** @returns whether this was the answer's last packet */
  add({ payload }: Packet): boolean {
    const head = payload[0] ?? 0;
    if (head === 0xff) {
      const errno = payload.readUInt16LE(1);
      this.error = { errno, state: payload.toString('latin1', 4, 9), message: payload.toString('utf8', 9) };
      return true;
    }
    if (this.#state === 'head') {
      if (head === 0x00) return !this.#goesOn(payload, afterNumber(payload, afterNumber(payload, 1)));
      this.#state = 'columns';
      return false;
    }
    if (!(head === 0xfe && payload.length < 9)) {
      if (this.#state === 'rows' && this.first === undefined) this.first = firstValue(payload);
      return false;
    }
    if (this.#state === 'columns') {
      this.#state = 'rows';
      return false;
    }
    this.#state = 'head';
    return !this.#goesOn(payload, 3);
  }

  #goesOn(payload: Buffer, at: number): boolean {
    return (payload.readUInt16LE(at) & moreResults) !== 0;
  }
}

/** Behind a number of the protocol, which takes one, three, four or nine bytes. */
function afterNumber(payload: Buffer, at: number): number {
  const head = payload[at] ?? 0;
  if (head < 0xfb) return at + 1;
  return at + (head === 0xfc ? 3 : head === 0xfd ? 4 : 9);
}

function firstValue(payload: Buffer): string | null {
  const head = payload[0] ?? 0;
  if (head === 0xfb) return null;
  const start = afterNumber(payload, 0);
  const length = head < 0xfb ? head : head === 0xfc ? payload.readUInt16LE(1) : payload.readUIntLE(1, 3);
  return payload.toString('utf8', start, start + length);
}

/** A row of a text answer with each of its values changed; any other packet stays as it is. */
export function withValues({ sequence, payload }: Packet, change: (text: string) => string): Buffer {
  const values: Buffer[] = [];
  for (let at = 0; at < payload.length; ) {
    const start = afterNumber(payload, at);
    const length = numberAt(payload, at);
    const text = Buffer.from(change(payload.toString('utf8', start, start + length)), 'utf8');
    values.push(numberBytes(text.length), text);
    at = start + length;
  }
  return frame(sequence, Buffer.concat(values));
}

function numberAt(payload: Buffer, at: number): number {
  const head = payload[at] ?? 0;
  if (head < 0xfb) return head;
  return head === 0xfc ? payload.readUInt16LE(at + 1) : payload.readUIntLE(at + 1, 3);
}

function numberBytes(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt8(0xfd, 0);
  bytes.writeUIntLE(number, 1, 3);
  return bytes;
}
