import { setTimeout as sleep } from "node:timers/promises";
import type { StopResult } from "@firebreak/protocol";
import type { Clock, Logger } from "../../kernel/index.ts";
import { messageOf } from "../../kernel/index.ts";
import type { Spool } from "./spool.ts";

export interface ServerAddress {
  readonly url: string;
  /** of whoever runs the supervisor; never handed to the agent */
  readonly token: string;
}

export interface Registration {
  readonly sessionId: string;
  readonly agentId: string;
  readonly pack: string | null;
  readonly host: string;
  readonly supervisorPid: number;
  readonly command: readonly string[];
  readonly workspace: string | null;
}

/** The supervisor's line to the server. Everything here may fail without the agent or a stop noticing. */
export interface ServerLink {
  /** where the server is, once it was found */
  readonly url: string | null;
  /** @returns the agent-scoped token, or null while the server is away */
  register(timeoutMs: number): Promise<string | null>;
  reportState(state: string, exit?: { exitCode: number | null; exitSignal: string | null }): void;
  beat(): void;
  /** Tells what came of one of the server's holds; said again until the server took it, for half a minute. */
  reportStop(holdId: string, result: StopResult): Promise<void>;
  /** Sends what the spool holds until `close`. */
  start(): void;
  /** @returns true when everything was confirmed in time */
  flush(timeoutMs: number): Promise<boolean>;
  close(): void;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;
const REQUEST_MS = 10_000;
const SEND_EVERY_MS = 100;
const REPORT_ATTEMPTS = 15;

export interface LinkOptions {
  /** @returns the server, or null while there is none; asked again before each attempt until there is one */
  readonly findServer: () => Promise<ServerAddress | null>;
  readonly fetchFrom: typeof globalThis.fetch;
  readonly registration: Registration;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Link extends LinkOptions {
  server: ServerAddress | null;
  readonly closed: AbortController;
  agentToken: string | null;
  retryMs: number;
  /** a problem was told since the server last took something */
  hasTold: boolean;
  sending: Promise<boolean> | null;
}

export function createServerLink(options: LinkOptions): ServerLink {
  const link: Link = {
    ...options,
    server: null,
    closed: new AbortController(),
    agentToken: null,
    retryMs: FIRST_RETRY_MS,
    hasTold: false,
    sending: null,
  };
  const session = `/api/v1/sessions/${encodeURIComponent(options.registration.sessionId)}`;
  return {
    get url() {
      return link.server?.url ?? null;
    },
    register: (timeoutMs) => register(link, timeoutMs),
    reportState: (state, exit) => void post(link, `${session}/state`, { state, ...exit }, REQUEST_MS),
    reportStop: (holdId, result) => reportStop(link, `${session}/stops`, { holdId, result }),
    beat: () => void post(link, `${session}/heartbeat`, {}, REQUEST_MS),
    start: () => void sendForEver(link),
    flush: (timeoutMs) => flush(link, timeoutMs),
    close: () => link.closed.abort(),
  };
}

async function request(
  link: Link,
  path: string,
  type: string,
  body: string | Uint8Array<ArrayBuffer>,
  timeoutMs: number,
  as: "session" | "supervisor" = "session",
): Promise<Response> {
  link.server ??= await link.findServer();
  if (link.server === null) throw new Error("no server answers");
  const token = as === "session" ? (link.agentToken ?? link.server.token) : link.server.token;
  return link.fetchFrom(new URL(path, link.server.url), {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": type },
    body,
    redirect: "error",
    signal: AbortSignal.any([link.closed.signal, AbortSignal.timeout(timeoutMs)]),
  });
}

/** @returns the parsed answer, or null when there was none or it was no success */
async function post(link: Link, path: string, body: object, timeoutMs: number): Promise<unknown> {
  try {
    const response = await request(link, path, "application/json", JSON.stringify(body), timeoutMs);
    if (response.ok) return await response.json().catch(() => ({}));
    await response.body?.cancel();
    tellOnce(link, `${path} answered ${response.status}`);
  } catch (fault) {
    tellOnce(link, `${path}: ${messageOf(fault)}`);
  }
  return null;
}

function tellOnce(link: Link, problem: string): void {
  if (link.hasTold || link.closed.signal.aborted) return;
  link.hasTold = true;
  link.logger.warn("the server does not take what the supervisor sends; it is kept and sent again", { problem });
}

async function register(link: Link, timeoutMs: number): Promise<string | null> {
  const { pack, ...rest } = link.registration;
  const answer = await post(link, "/api/v1/sessions", pack === null ? rest : { ...rest, pack }, timeoutMs);
  const isToken = typeof answer === "object" && answer !== null && "token" in answer;
  if (isToken && typeof answer.token === "string") link.agentToken = answer.token;
  return link.agentToken;
}

/** With the supervisor's own token: the agent has the session's, and must not vouch for its own stop. */
async function reportStop(link: Link, path: string, report: object): Promise<void> {
  const body = JSON.stringify(report);
  for (let attempt = 1; attempt <= REPORT_ATTEMPTS && !link.closed.signal.aborted; attempt++) {
    try {
      const response = await request(link, path, "application/json", body, REQUEST_MS, "supervisor");
      await response.body?.cancel();
      if (response.ok) return;
      tellOnce(link, `${path} answered ${response.status}`);
    } catch (fault) {
      tellOnce(link, `${path}: ${messageOf(fault)}`);
    }
    await sleep(FIRST_RETRY_MS * attempt, undefined, { signal: link.closed.signal, ref: false }).catch(() => undefined);
  }
}

async function sendForEver(link: Link): Promise<void> {
  const { signal } = link.closed;
  while (!signal.aborted) {
    const sent = await sendOnce(link);
    const waitMs = sent ? SEND_EVERY_MS : link.retryMs;
    if (!sent) link.retryMs = Math.min(link.retryMs * 2, LAST_RETRY_MS);
    await sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

/** One batch at a time, whoever asks. @returns false when the server did not take it */
async function sendOnce(link: Link): Promise<boolean> {
  link.sending ??= sendBatch(link).finally(() => {
    link.sending = null;
  });
  return link.sending;
}

async function sendBatch(link: Link): Promise<boolean> {
  const batch = link.spool.peek();
  if (batch === null) return true;
  if (link.agentToken === null) await register(link, REQUEST_MS);
  try {
    const body = new Uint8Array(batch.body);
    const response = await request(link, "/api/v1/events", "application/x-ndjson", body, REQUEST_MS);
    await response.body?.cancel();
    if (!response.ok && !isHopeless(response.status)) {
      tellOnce(link, `/api/v1/events answered ${response.status}`);
      return false;
    }
    if (!response.ok)
      link.logger.error("the server refused telemetry for good", { status: response.status, lines: batch.lines });
    link.spool.remove(batch);
    link.retryMs = FIRST_RETRY_MS;
    link.hasTold = false;
    return true;
  } catch (fault) {
    tellOnce(link, `/api/v1/events: ${messageOf(fault)}`);
    return false;
  }
}

/** Sending the same bytes again cannot help. */
function isHopeless(status: number): boolean {
  return status === 400 || status === 413 || status === 415 || status === 422;
}

async function flush(link: Link, timeoutMs: number): Promise<boolean> {
  const startMs = link.clock.monotonicMs();
  while (link.spool.peek() !== null) {
    const leftMs = timeoutMs - (link.clock.monotonicMs() - startMs);
    if (leftMs <= 0) return false;
    const sent = await Promise.race([sendOnce(link), sleep(leftMs, false, { ref: false })]);
    if (!sent) await sleep(Math.min(100, leftMs));
  }
  return true;
}
