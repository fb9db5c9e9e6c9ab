import type { ServerResponse } from "node:http";
import type { LiveMessage } from "@firebreak/protocol";
import { FirebreakError } from "../kernel/index.ts";
import type { Logger } from "../kernel/index.ts";

export interface LiveHubOptions {
  readonly logger: Logger;
  readonly heartbeatMs?: number;
  /** clients at once; more are told to come back later */
  readonly clientsMax?: number;
  /** messages that wait for one slow client; with more it is cut off and reads everything anew */
  readonly waitingMax?: number;
}

export interface LiveClient {
  readonly response: ServerResponse;
  readonly webSessionId: string | null;
  /** asked at every heartbeat; false ends the stream */
  readonly isStillAllowed: () => Promise<boolean>;
}

/** Tells every connected console what has changed. A message may be told twice or merged with an equal one. */
export interface LiveHub {
  publish(message: LiveMessage): void;
  /** Messages may have been missed: every client reads everything anew. */
  publishReset(): void;
  /** @throws FirebreakError `too_many_requests` */
  attach(client: LiveClient): void;
  /** Ends the streams of a web session that was signed out. */
  closeSession(webSessionId: string): void;
  stats(): LiveStats;
  /** Ends every stream. */
  close(): void;
}

export interface LiveStats {
  readonly clients: number;
  /** clients cut off because they did not read fast enough, since the start */
  readonly slowClients: number;
}

interface Connection extends LiveClient {
  readonly waiting: Set<string>;
  /** true while the socket's own buffer is full */
  blocked: boolean;
}

const DEFAULTS = { heartbeatMs: 15_000, clientsMax: 500, waitingMax: 256 };
/** What browsers wait before they connect again. */
const RETRY_MS = 2_000;
const RESET = "event: reset\ndata: {}\n\n";

export function createLiveHub(options: LiveHubOptions): LiveHub {
  const { logger, heartbeatMs, clientsMax, waitingMax } = { ...DEFAULTS, ...options };
  const connections = new Set<Connection>();
  let slowClients = 0;

  const end = (connection: Connection) => {
    if (connections.delete(connection)) connection.response.end();
  };
  const cutOff = (connection: Connection) => {
    if (!connections.delete(connection)) return;
    slowClients += 1;
    logger.warn("a live client did not keep up and was cut off", { waiting: connection.waiting.size });
    connection.response.destroy();
  };
  const send = (connection: Connection, text: string) => {
    if (!connection.blocked) connection.blocked = !connection.response.write(text);
    else if (connection.waiting.size >= waitingMax) cutOff(connection);
    else connection.waiting.add(text);
  };
  const sendAll = (text: string) => {
    for (const connection of connections) send(connection, text);
  };
  const beat = () => {
    for (const connection of connections) {
      send(connection, ": heartbeat\n\n");
      void endUnlessAllowed(connection, () => end(connection));
    }
  };

  const timer = setInterval(beat, heartbeatMs);
  timer.unref();
  return {
    publish: (message) => sendAll(`event: change\ndata: ${JSON.stringify(message)}\n\n`),
    publishReset: () => sendAll(RESET),
    attach: (client) => {
      if (connections.size >= clientsMax) {
        throw new FirebreakError("too_many_requests", `There are ${clientsMax} live streams, which is the limit.`, {
          retryAfterSeconds: 30,
        });
      }
      const connection: Connection = { ...client, waiting: new Set(), blocked: false };
      connections.add(connection);
      client.response.on("close", () => connections.delete(connection));
      client.response.on("error", () => connections.delete(connection));
      client.response.on("drain", () => flush(connection));
      send(connection, `retry: ${RETRY_MS}\n\n`);
    },
    closeSession: (webSessionId) => {
      for (const connection of connections) if (connection.webSessionId === webSessionId) end(connection);
    },
    stats: () => ({ clients: connections.size, slowClients }),
    close: () => {
      clearInterval(timer);
      for (const connection of connections) end(connection);
    },
  };
}

function flush(connection: Connection): void {
  connection.blocked = false;
  for (const text of connection.waiting) {
    connection.waiting.delete(text);
    connection.blocked = !connection.response.write(text);
    if (connection.blocked) return;
  }
}

/** A question that cannot be answered now (the database is away) is asked again at the next heartbeat. */
async function endUnlessAllowed(connection: Connection, end: () => void): Promise<void> {
  const allowed = await connection.isStillAllowed().catch(() => true);
  if (!allowed) end();
}
