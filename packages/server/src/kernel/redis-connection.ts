import { connect } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** Where a Redis server (or one that speaks its protocol) listens, and who asks. */
export interface RedisPlace {
  readonly host: string;
  readonly port: number;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly tls?: boolean;
}

/** Strings, numbers, nothing, and lists of them: RESP version 2. */
export type RedisAnswer = string | number | null | readonly RedisAnswer[];

/** The server answered with an error: `WRONGPASS …`, `LOADING …`. */
export class RedisRefusal extends Error {
  override readonly name = "RedisRefusal";
  readonly code: string;
  constructor(text: string) {
    super(text);
    this.code = text.split(" ", 1)[0] ?? "";
  }
}

export interface RedisConnection {
  /** the address of this machine that the server sees */
  localAddress(): string;
  /** @throws RedisRefusal; @throws Error when it does not answer, or speaks something else */
  ask(...words: readonly string[]): Promise<RedisAnswer>;
  /**
   * The whole data set as the server would write it to its disk (an RDB file), by the command that replicas use (SYNC).
   * After it the connection is of no more use.
   */
  readDump(): AsyncGenerator<Buffer>;
  close(): void;
}

const LINE_BYTES_MAX = 64 * 1024;
const STRING_BYTES_MAX = 4 * 1024 * 1024;
const LIST_MAX = 10_000;
const DEPTH_MAX = 4;

/**
 * Connects and logs in. What the large clients add (pools, clusters, reconnects) is not needed here, and none of them gives
 * the bytes of SYNC.
 *
 * @throws RedisRefusal for a wrong password; @throws Error without the password
 */
export async function openRedis(place: RedisPlace, signal: AbortSignal): Promise<RedisConnection> {
  const { host, port, user, password } = place;
  const socket = place.tls === true ? connectTls({ host, port, servername: host }) : connect({ host, port });
  socket.on("error", () => {}); // whoever reads from it is told
  const abort = () => socket.destroy(new Error("no answer in time"));
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const reader = createReader(socket);
  const connection: RedisConnection = {
    localAddress: () => socket.localAddress ?? "127.0.0.1",
    ask: async (...words) => {
      socket.write(encode(words));
      return readAnswer(reader);
    },
    readDump: () => readDump(socket, reader),
    close: () => {
      signal.removeEventListener("abort", abort);
      socket.destroy();
    },
  };
  try {
    if (password !== undefined) await connection.ask("AUTH", ...(user === undefined ? [] : [user]), password);
    return connection;
  } catch (fault) {
    connection.close();
    throw fault;
  }
}

function encode(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
}

interface Reader {
  /** up to the next line end, without it */
  line(): Promise<string>;
  exactly(bytes: number): Promise<Buffer>;
  /** what comes next, not more than `bytesMax` */
  some(bytesMax: number): Promise<Buffer>;
}

function createReader(socket: Socket): Reader {
  const parts: AsyncIterator<unknown> = socket[Symbol.asyncIterator]();
  let waiting: Buffer = Buffer.alloc(0);
  const more = async () => {
    const { value, done } = await parts.next();
    if (done === true || !Buffer.isBuffer(value)) throw new Error("it closed the connection before it answered");
    waiting = waiting.length === 0 ? value : Buffer.concat([waiting, value]);
  };
  const take = (bytes: number) => {
    const taken = waiting.subarray(0, bytes);
    waiting = waiting.subarray(bytes);
    return taken;
  };
  return {
    line: async () => {
      let end = waiting.indexOf("\n");
      for (; end < 0; end = waiting.indexOf("\n")) {
        if (waiting.length > LINE_BYTES_MAX) throw foreign();
        await more();
      }
      return take(end + 1)
        .toString("utf8")
        .replace(/\r?\n$/, "");
    },
    exactly: async (bytes) => {
      while (waiting.length < bytes) await more();
      return take(bytes);
    },
    some: async (bytesMax) => {
      if (waiting.length === 0) await more();
      return take(bytesMax);
    },
  };
}

function foreign(): Error {
  return new Error("it does not speak Redis's protocol");
}

async function readAnswer(reader: Reader, depth = 0): Promise<RedisAnswer> {
  const head = await reader.line();
  const rest = head.slice(1);
  switch (head.charAt(0)) {
    case "+":
      return rest;
    case "-":
      throw new RedisRefusal(rest);
    case ":":
      return lengthOf(rest, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER);
    case "$": {
      const bytes = lengthOf(rest, STRING_BYTES_MAX);
      if (bytes < 0) return null;
      const text = (await reader.exactly(bytes)).toString("utf8");
      if ((await reader.exactly(2)).toString("latin1") !== "\r\n") throw foreign();
      return text;
    }
    case "*": {
      const count = lengthOf(rest, LIST_MAX);
      if (depth >= DEPTH_MAX) throw foreign();
      const list: RedisAnswer[] = [];
      while (list.length < count) list.push(await readAnswer(reader, depth + 1));
      return list;
    }
    default:
      throw foreign();
  }
}

function lengthOf(text: string, max: number, min = -1): number {
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isInteger(value) || value < min || value > max) throw foreign();
  return value;
}

const PIECE_BYTES = 256 * 1024;

async function* readDump(socket: Socket, reader: Reader): AsyncGenerator<Buffer> {
  socket.write(encode(["SYNC"]));
  let head = await reader.line();
  // an empty line is sent now and then while the server makes its dump
  while (head === "") head = await reader.line();
  if (head.startsWith("-")) throw new RedisRefusal(head.slice(1));
  if (!head.startsWith("$")) throw foreign();
  const mark = /^\$EOF:([0-9a-f]{40})$/.exec(head)?.[1];
  if (mark !== undefined) return yield* readUntil(reader, Buffer.from(mark, "latin1"));
  for (let left = lengthOf(head.slice(1), Number.MAX_SAFE_INTEGER, 1); left > 0;) {
    const piece = await reader.some(Math.min(left, PIECE_BYTES));
    left -= piece.length;
    yield piece;
  }
}

/** A dump whose length is not known beforehand ends with a mark (replication without a disk). */
async function* readUntil(reader: Reader, mark: Buffer): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  while (!held.subarray(-mark.length).equals(mark)) {
    if (held.length > mark.length) {
      yield held.subarray(0, held.length - mark.length);
      held = held.subarray(-mark.length);
    }
    held = Buffer.concat([held, await reader.some(PIECE_BYTES)]);
  }
  yield held.subarray(0, held.length - mark.length);
}
