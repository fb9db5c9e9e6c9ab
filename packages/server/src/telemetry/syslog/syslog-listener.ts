import { readFile } from "node:fs/promises";
import { BlockList, createServer, isIPv6 } from "node:net";
import type { Server, Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { createServer as createTlsServer, Server as TlsServer } from "node:tls";
import type { SecureContextOptions, TlsOptions } from "node:tls";
import type { SyslogListenerView } from "@firebreak/protocol";
import { FirebreakError, messageOf, toIso } from "../../kernel/index.ts";
import type { Clock, Logger, NewId } from "../../kernel/index.ts";
import { deliver } from "../deliver-events.ts";
import type { Intake } from "../intake.ts";
import { LineHealth } from "../line-health.ts";
import type { EventDraft } from "../maps/compile-map.ts";
import type { LoadedMap } from "../maps/load-maps.ts";
import { fitEvent, readLogLine } from "../maps/read-log-line.ts";
import type { LogLine } from "../maps/read-log-line.ts";
import { fingerprintFile } from "../named-entries.ts";
import { isBlankLine } from "../tails/line-splitter.ts";
import { FrameSplitter, FramingError } from "./frame-splitter.ts";
import { addressOf } from "./syslog-config.ts";
import type { SyslogConfig } from "./syslog-config.ts";

export interface SyslogSurroundings {
  readonly intake: Intake;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
}

const CONNECTIONS_MAX = 256;
const HANDSHAKE_MS = 10_000;
/** Senders may be silent for long; one that vanished without a word must not hold its place for ever. */
const IDLE_MS = 60 * 60_000;
const RETRY_MS = [200, 500, 1_000, 2_000, 5_000, 15_000];

/** One entry of `syslog.yaml`: takes messages over TCP (RFC 6587) or TLS (RFC 5425) and stores them by its field map. */
export class SyslogListener {
  readonly config: SyslogConfig;
  readonly map: LoadedMap;
  readonly #around: SyslogSurroundings;
  readonly #health: LineHealth;
  readonly #allowed: BlockList | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #serving = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #server: Server | undefined;
  #turnedAway = 0;
  #hindrance = "";
  #certificateSign = "";

  constructor(config: SyslogConfig, map: LoadedMap, around: SyslogSurroundings) {
    this.config = config;
    this.map = map;
    this.#around = around;
    this.#health = new LineHealth(around.clock);
    this.#allowed = config.allow === undefined ? undefined : toBlockList(config.allow);
  }

  /** Begins to listen, unless it does; takes a renewed certificate. Never rejects: what hinders it is in the view. */
  async keepOpen(): Promise<void> {
    try {
      if (this.#server?.listening === true) await this.#renewCertificate(this.#server);
      else await this.#listen();
      this.#hindrance = "";
    } catch (error) {
      this.#noteHindrance(messageOf(error));
    }
  }

  /** Tells the log once: it is tried again every two seconds. */
  #noteHindrance(problem: string): void {
    const { logger } = this.#around;
    this.#health.noteProblem(this.config.listen, problem);
    if (problem !== this.#hindrance)
      logger.warn("a syslog listener is hindered", { listener: this.config.name, problem });
    this.#hindrance = problem;
  }

  view(): SyslogListenerView {
    const { name, map } = this.config;
    const lines = this.#health.view();
    const working = lines.waitingFor === null ? "listening" : "waiting";
    return {
      name,
      listen: this.#boundAddress(),
      map,
      state: this.#server?.listening === true ? working : "failed",
      connections: this.#sockets.size,
      turnedAway: this.#turnedAway,
      ...lines,
    };
  }

  /** Takes no more; resolves when what was read is stored, or the intake refuses it. */
  async close(): Promise<void> {
    this.#closing.abort();
    const server = this.#server;
    const closed = server === undefined ? undefined : new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#serving);
    await closed;
  }

  async #listen(): Promise<void> {
    const { isTls, host, port } = addressOf(this.config);
    const take = (socket: Socket) => this.#take(socket);
    const server = isTls ? await this.#createTls(take) : createServer(take);
    server.maxConnections = CONNECTIONS_MAX;
    server.on("drop", () => this.#turnAway("too many connections"));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port }, resolve);
    });
    server.removeAllListeners("error");
    server.on("error", (error) => this.#health.noteProblem(this.config.listen, messageOf(error)));
    this.#server = server;
  }

  async #createTls(take: (socket: Socket) => void): Promise<TlsServer> {
    const server = createTlsServer({ ...(await this.#readCertificate()), handshakeTimeout: HANDSHAKE_MS }, take);
    server.on("tlsClientError", (error) => this.#turnAway(`no TLS handshake: ${messageOf(error)}`));
    return server;
  }

  async #renewCertificate(server: Server): Promise<void> {
    if (!(server instanceof TlsServer) || (await this.#signOfCertificate()) === this.#certificateSign) return;
    server.setSecureContext(await this.#readCertificate());
  }

  async #readCertificate(): Promise<SecureContextOptions & TlsOptions> {
    const { certificate = "", key = "", clientCa } = this.config;
    this.#certificateSign = await this.#signOfCertificate();
    return {
      cert: await readFile(certificate),
      key: await readFile(key),
      ...(clientCa !== undefined && { ca: await readFile(clientCa), requestCert: true, rejectUnauthorized: true }),
      minVersion: "TLSv1.2",
    };
  }

  async #signOfCertificate(): Promise<string> {
    const { certificate, key, clientCa } = this.config;
    const files = [certificate, key, clientCa].filter((file) => file !== undefined);
    return (await Promise.all(files.map((file) => fingerprintFile(file)))).join();
  }

  #take(socket: Socket): void {
    const peer = socket.remoteAddress ?? "";
    socket.on("error", () => socket.destroy());
    if (this.#closing.signal.aborted || !this.#isAllowed(peer)) {
      socket.destroy();
      this.#turnAway(`${peer} is not allowed`);
      return;
    }
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    this.#sockets.add(socket);
    const serving = this.#serve(socket, peer).finally(() => {
      this.#sockets.delete(socket);
      this.#serving.delete(serving);
    });
    this.#serving.add(serving);
  }

  #isAllowed(peer: string): boolean {
    if (this.#allowed === undefined) return true;
    const plain = peer.replace(/^::ffff:(?=\d+\.)/i, "");
    return plain !== "" && this.#allowed.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
  }

  /** Reads no further than what is stored: a sender is kept waiting by TCP itself. Never rejects. */
  async #serve(socket: Socket, peer: string): Promise<void> {
    const frames = new FrameSplitter();
    try {
      for await (const chunk of socket) await this.#store(frames.push(asBuffer(chunk)), peer);
      await this.#store(frames.flush(), peer);
    } catch (error) {
      // a connection that broke says nothing about the messages before
      if (error instanceof FramingError) this.#health.noteProblem(peer, `${error.message}; the connection was closed`);
      await this.#store(frames.flush(), peer);
    } finally {
      socket.destroy();
    }
  }

  async #store(messages: readonly LogLine[], peer: string): Promise<void> {
    const lines = messages.filter((message) => !isBlankLine(message));
    if (lines.length === 0) return;
    const { clock } = this.#around;
    const events = this.#read(lines, peer);
    const to = { fallbackTime: toIso(clock.now()), sender: `syslog ${this.config.name}`, nowMs: clock.now() };
    for (let attempt = 0; ; attempt++) {
      try {
        this.#health.noteDelivered(peer, await deliver(events, this.#around.intake, to));
        return;
      } catch (error) {
        this.#noteRefusal(error, lines.length);
        if (this.#closing.signal.aborted) return;
        await pause(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)], undefined, {
          signal: this.#closing.signal,
        }).catch(() => undefined);
      }
    }
  }

  #read(lines: readonly LogLine[], peer: string): (EventDraft & { id: string })[] {
    const { agent, pack, timeZone } = this.config;
    const context = { nowMs: this.#around.clock.now(), path: {}, agentId: agent, pack, timeZone };
    const events: (EventDraft & { id: string })[] = [];
    let unreadable: { count: number; message: string } | undefined;
    for (const line of lines) {
      const made = readLogLine(this.map, line, context);
      for (const event of made.events) events.push({ ...fitEvent(event), id: this.#around.newId("event") });
      if (made.problem !== undefined) unreadable = { count: (unreadable?.count ?? 0) + 1, message: made.problem };
    }
    this.#health.noteRead(peer, lines.length, unreadable);
    return events;
  }

  #noteRefusal(error: unknown, messages: number): void {
    this.#health.noteWaiting(messageOf(error));
    const { logger } = this.#around;
    const fields = { listener: this.config.name, problem: messageOf(error) };
    if (this.#closing.signal.aborted)
      logger.error("syslog messages were lost: nobody takes them", { ...fields, messages });
    else if (!(error instanceof FirebreakError) || error.code !== "too_many_requests") {
      logger.warn("a syslog listener waits", fields);
    }
  }

  #turnAway(why: string): void {
    this.#turnedAway += 1;
    this.#health.noteProblem(this.config.listen, `a connection was turned away: ${why}`);
  }

  #boundAddress(): string {
    const bound = this.#server?.address();
    if (typeof bound !== "object" || bound === null) return this.config.listen;
    return this.config.listen.replace(/:\d+$/, `:${bound.port}`);
  }
}

function asBuffer(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  throw new TypeError("the connection gave no bytes");
}

function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    list.addSubnet(address, bits === undefined ? (family === "ipv6" ? 128 : 32) : Number(bits), family);
  }
  return list;
}
