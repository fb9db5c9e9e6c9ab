import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";

export interface DumpServer {
  readonly host: string;
  readonly port: number;
  /** @throws when nobody fetched it in time */
  untilSent(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const REQUEST_BYTES_MAX = 64 * 1024;

/**
 * Gives an RDB file to the first server that asks for it as a replica asks its master (Redis's replication: PING, AUTH,
 * REPLCONF, PSYNC), once.
 */
export async function serveDump(file: string, host: string): Promise<DumpServer> {
  const sockets = new Set<Socket>();
  let settle: (fault: Error | null) => void = () => {};
  const sent = new Promise<Error | null>((resolve) => {
    settle = resolve;
  });
  let isTaken = false;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    let asked = "";
    let isServed = false;
    socket.on("data", (piece) => {
      asked += piece.toString("latin1");
      if (asked.length > REQUEST_BYTES_MAX) socket.destroy();
      for (let request = takeRequest(asked); request !== null; request = takeRequest(asked)) {
        asked = asked.slice(request.length);
        const command = (request.words[0] ?? "").toUpperCase();
        // what it says after that (REPLCONF ACK) wants no answer: it would be taken for data
        if (isServed) continue;
        if (command !== "PSYNC" && command !== "SYNC") {
          answer(socket, command);
          continue;
        }
        if (isTaken) {
          socket.destroy();
          return;
        }
        [isTaken, isServed] = [true, true];
        void send(socket, file).then(
          () => settle(null),
          (fault: unknown) => settle(fault instanceof Error ? fault : new Error(String(fault))),
        );
      }
    });
  });
  server.listen(0, host);
  await once(server, "listening");
  const address = server.address();
  return {
    host,
    port: address !== null && typeof address === "object" ? address.port : 0,
    untilSent: async (signal) => {
      const abort = () => settle(new Error("the server did not fetch the backup: it must reach this machine"));
      signal.addEventListener("abort", abort, { once: true });
      const fault = await sent;
      signal.removeEventListener("abort", abort);
      if (fault !== null) throw fault;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function answer(socket: Socket, command: string): void {
  if (command === "PING") socket.write("+PONG\r\n");
  else if (command === "AUTH") socket.write("+OK\r\n");
  else if (command === "REPLCONF") socket.write("+OK\r\n");
  else socket.write("-ERR unknown command\r\n");
}

async function send(socket: Socket, file: string): Promise<void> {
  const { size } = statSync(file);
  socket.write(`+FULLRESYNC ${randomBytes(20).toString("hex")} 0\r\n$${size}\r\n`);
  await pipeline(createReadStream(file), socket, { end: false });
}

/** One command as an array of strings; null while it is not whole, or is none. */
function takeRequest(text: string): { readonly words: readonly string[]; readonly length: number } | null {
  const head = /^\*(\d{1,3})\r\n/.exec(text);
  if (head === null) return null;
  const words: string[] = [];
  let at = head[0].length;
  for (let left = Number(head[1]); left > 0; left--) {
    const size = /^\$(\d{1,5})\r\n/.exec(text.slice(at));
    if (size === null) return null;
    at += size[0].length;
    const end = at + Number(size[1]);
    if (text.length < end + 2) return null;
    words.push(text.slice(at, end));
    at = end + 2;
  }
  return { words, length: at };
}
