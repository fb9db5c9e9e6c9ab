import { join } from "node:path";
import type { Writable } from "node:stream";
import { FEED_CONTEXT, FEED_KEY_PREFIX } from "@firebreak/protocol";
import type { FeedPolicy, FeedState, Lease } from "@firebreak/protocol";
import { canonicalJson, FirebreakError } from "../kernel/index.ts";
import type { Clock, Logger, SigningKey } from "../kernel/index.ts";
import { openPolicyFile } from "./policy-file.ts";
import type { FeedSubject } from "./feed-states.ts";
import { createFeedStates } from "./feed-states.ts";
import { createLeaseClock } from "./lease-clock.ts";
import type { Killswitch } from "./types.ts";

export interface GateFeedOptions {
  readonly killswitch: Pick<Killswitch, "current" | "watch" | "dir">;
  readonly key: SigningKey;
  /** names this process; a new one at each start */
  readonly instance: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** how long a lease lasts, ms; it is renewed at a third */
  readonly leaseMs: number;
  readonly clientsMax?: number;
  readonly clientsPerAgentMax?: number;
  /** how often each receiver's token is looked at again */
  readonly checkEveryMs?: number;
}

export interface FeedClient extends FeedSubject {
  /** `supervisor`: it stops the processes of the session and proves it; `gate`: it denies calls */
  readonly role: "gate" | "supervisor";
  /** goes into each lease, so that none fits another connection */
  readonly nonce: string;
  readonly stream: Writable;
  /** whether the token is still good; a failure to find out does not count against it */
  readonly isStillAllowed: () => Promise<boolean>;
}

/** What is known of a session's supervisor on another host. Times are those of the wall clock, ms since 1970. */
export interface SupervisorContact {
  readonly connected: boolean;
  /** when the last lease that it was sent ends: from then on it stops by itself */
  readonly leaseUntilMs: number;
}

/** Tells gates and supervisors on any host what is stopped, at once, and keeps their leases alive. */
export interface GateFeed {
  /** the public key that receivers pin */
  readonly publicKey: string;
  /** @throws FirebreakError too_many_requests */
  attach(client: FeedClient): void;
  /** @returns null when no supervisor of that session was ever here since the start */
  contactOf(sessionId: string): SupervisorContact | null;
  stats(): FeedStats;
  close(): void;
}

export interface FeedStats {
  readonly clients: number;
  /** receivers cut off because they did not read, since the start */
  readonly cutOff: number;
}

interface Connection extends FeedClient {
  renewAtMs: number;
  checkAtMs: number;
  lastIssuedAt: number;
  stopped: boolean;
  /** since when the socket takes no more; null while it does */
  blockedSinceMs: number | null;
}

interface Hub {
  readonly options: Required<GateFeedOptions>;
  readonly now: () => number;
  readonly connections: Set<Connection>;
  readonly contacts: Map<string, SupervisorContact>;
  concerning: ReturnType<typeof createFeedStates>;
  epoch: number;
  readonly lookAtPolicy: () => string | null;
  /** the text that is told now, and its event; every feed begins with it when there is one */
  policy: string | null;
  policyEvent: Buffer | null;
  policyAtMs: number;
  cutOff: number;
  attached: number;
  /** tokens that are being looked at */
  checking: number;
}

const DEFAULTS = { clientsMax: 3_000, clientsPerAgentMax: 64, checkEveryMs: 10_000 };
const TICK_MS = 50;
const POLICY_EVERY_MS = 250;
/** A database that is slow to answer is not asked for a thousand tokens at once. */
const CHECKS_AT_ONCE = 8;
const CONTACTS_MAX = 10_000;
/** Receivers that came at once renew at different times: sixteen phases. */
const PHASES = 16;
const RETRY_SECONDS = 5;

export function createGateFeed(given: GateFeedOptions): GateFeed {
  const options = { ...DEFAULTS, ...given };
  const hub: Hub = {
    options,
    now: createLeaseClock(options.clock),
    connections: new Set(),
    contacts: new Map(),
    concerning: statesOf(options),
    epoch: options.killswitch.current().epoch,
    lookAtPolicy: openPolicyFile(join(options.killswitch.dir, "policy.json")),
    policy: null,
    policyEvent: null,
    policyAtMs: 0,
    cutOff: 0,
    attached: 0,
    checking: 0,
  };
  tellPolicy(hub);
  const unwatch = options.killswitch.watch(() => tellChange(hub));
  const timer = setInterval(() => tick(hub), TICK_MS);
  timer.unref();
  return {
    publicKey: encodeFeedKey(options.key.publicKeyPem),
    attach: (client) => attach(hub, client),
    contactOf: (sessionId) => hub.contacts.get(sessionId) ?? null,
    stats: () => ({ clients: hub.connections.size, cutOff: hub.cutOff }),
    close: () => {
      unwatch();
      clearInterval(timer);
      for (const connection of hub.connections) connection.stream.end();
      hub.connections.clear();
    },
  };
}

/** @returns the key as receivers pin it: `ed25519:` and its 32 bytes in base64url */
export function encodeFeedKey(publicKeyPem: string): string {
  const der = Buffer.from(publicKeyPem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
  // the last 32 bytes of an Ed25519 key's SubjectPublicKeyInfo (RFC 8410) are the key
  return FEED_KEY_PREFIX + der.subarray(-32).toString("base64url");
}

function tellPolicy(hub: Hub): void {
  const policy = hub.lookAtPolicy();
  if (policy === hub.policy) return;
  const { key, instance } = hub.options;
  const event = encode(key, { kind: "policy", instance, policy });
  hub.policy = policy;
  hub.policyEvent = policy === null ? null : event;
  for (const connection of hub.connections) write(hub, connection, event);
}

export function isServerKey(text: string): boolean {
  return /^ed25519:[A-Za-z0-9_-]{43}$/.test(text);
}

function encode(key: SigningKey, event: FeedState | Lease | FeedPolicy): Buffer {
  const payload = canonicalJson(event);
  const signature = key.sign(Buffer.from(FEED_CONTEXT + payload)).toString("base64url");
  return Buffer.from(`event: ${event.kind}\ndata: ${signature} ${payload}\n\n`);
}

function statesOf({ killswitch, instance, key }: GateFeedOptions): Hub["concerning"] {
  return createFeedStates(killswitch.current(), instance, (state) => encode(key, state));
}

function attach(hub: Hub, client: FeedClient): void {
  // who went away while it waited to be let in says so no more
  if (client.stream.destroyed) return;
  checkRoom(hub, client);
  // another process may have stopped something that the watch did not see yet
  if (hub.options.killswitch.current().epoch !== hub.epoch) tellChange(hub);
  const { leaseMs, checkEveryMs } = hub.options;
  const nowMs = hub.now();
  const phase = (hub.attached++ % PHASES) / PHASES;
  const connection: Connection = {
    ...client,
    renewAtMs: nowMs + (leaseMs / 3) * (0.5 + phase / 2),
    checkAtMs: nowMs + checkEveryMs * (0.5 + phase / 2),
    lastIssuedAt: 0,
    stopped: true,
    blockedSinceMs: null,
  };
  hub.connections.add(connection);
  const forget = () => leave(hub, connection);
  client.stream.on("close", forget);
  client.stream.on("error", forget);
  client.stream.on("drain", () => (connection.blockedSinceMs = null));
  const { text, stopped } = hub.concerning(client);
  connection.stopped = stopped;
  write(hub, connection, text);
  if (hub.policyEvent !== null) write(hub, connection, hub.policyEvent);
  sendLease(hub, connection);
}

function checkRoom({ connections, options }: Hub, { agent }: FeedClient): void {
  let ofAgent = 0;
  for (const connection of connections) if (connection.agent === agent) ofAgent++;
  if (connections.size < options.clientsMax && ofAgent < options.clientsPerAgentMax) return;
  const limit = ofAgent < options.clientsPerAgentMax ? `${options.clientsMax} gates` : `${ofAgent} gates of ${agent}`;
  throw new FirebreakError("too_many_requests", `${limit} are connected, which is the limit.`, {
    retryAfterSeconds: RETRY_SECONDS,
  });
}

function leave(hub: Hub, connection: Connection): void {
  if (!hub.connections.delete(connection) || connection.role !== "supervisor" || connection.session === null) return;
  for (const other of hub.connections) {
    if (other.role === "supervisor" && other.session === connection.session) return;
  }
  const contact = hub.contacts.get(connection.session);
  if (contact !== undefined) hub.contacts.set(connection.session, { ...contact, connected: false });
}

/** The stopped first: each of them counts the milliseconds. */
function tellChange(hub: Hub): void {
  hub.concerning = statesOf(hub.options);
  hub.epoch = hub.options.killswitch.current().epoch;
  const told = [...hub.connections].map((connection) => ({ connection, ...hub.concerning(connection) }));
  for (const { connection, text, stopped } of told) if (stopped) tellState(hub, connection, text, stopped);
  for (const { connection, text, stopped } of told) if (!stopped) tellState(hub, connection, text, stopped);
}

function tellState(hub: Hub, connection: Connection, text: Buffer, stopped: boolean): void {
  const isChanged = connection.stopped !== stopped;
  connection.stopped = stopped;
  write(hub, connection, text);
  // who was let go waits for nothing more; who was stopped knows it from the state
  if (isChanged && !stopped) sendLease(hub, connection);
}

function tick(hub: Hub): void {
  const nowMs = hub.now();
  if (hub.policyAtMs <= nowMs) {
    hub.policyAtMs = nowMs + POLICY_EVERY_MS;
    tellPolicy(hub);
  }
  for (const connection of hub.connections) {
    if (connection.renewAtMs <= nowMs) {
      connection.renewAtMs = Math.max(connection.renewAtMs + hub.options.leaseMs / 3, nowMs);
      sendLease(hub, connection);
    }
    if (connection.checkAtMs <= nowMs && hub.checking < CHECKS_AT_ONCE) {
      connection.checkAtMs = nowMs + hub.options.checkEveryMs;
      void endUnlessAllowed(hub, connection);
    }
  }
}

async function endUnlessAllowed(hub: Hub, connection: Connection): Promise<void> {
  hub.checking++;
  const allowed = await connection.isStillAllowed().catch(() => true);
  hub.checking--;
  if (allowed) return;
  leave(hub, connection);
  connection.stream.end();
}

function sendLease(hub: Hub, connection: Connection): void {
  const { options, epoch } = hub;
  const issuedAt = Math.max(hub.now(), connection.lastIssuedAt + 1);
  const expiresAt = issuedAt + options.leaseMs;
  const { agent, session, nonce, stopped } = connection;
  connection.lastIssuedAt = issuedAt;
  const lease: Lease = {
    kind: "lease",
    instance: options.instance,
    agent,
    session,
    nonce,
    epoch,
    stopped,
    issuedAt,
    expiresAt,
  };
  if (connection.role === "supervisor" && session !== null) noteContact(hub, session, stopped);
  write(hub, connection, encode(options.key, lease));
}

function noteContact({ contacts, options }: Hub, session: string, stopped: boolean): void {
  const before = contacts.get(session);
  const untilMs = stopped ? (before?.leaseUntilMs ?? 0) : options.clock.now() + options.leaseMs;
  contacts.delete(session);
  contacts.set(session, { connected: true, leaseUntilMs: untilMs });
  const oldest = contacts.keys().next();
  if (contacts.size > CONTACTS_MAX && oldest.done !== true) contacts.delete(oldest.value);
}

/** Who has read nothing for the time of a lease has none any more; what waits for it only fills the memory. */
function write(hub: Hub, connection: Connection, text: Buffer): void {
  const { blockedSinceMs, stream } = connection;
  if (blockedSinceMs === null || hub.now() - blockedSinceMs < hub.options.leaseMs) {
    if (!stream.write(text)) connection.blockedSinceMs ??= hub.now();
    return;
  }
  hub.cutOff++;
  hub.options.logger.warn("a gate did not read its feed and was cut off; its lease has run out", {
    agent: connection.agent,
    session: connection.session,
  });
  leave(hub, connection);
  stream.destroy();
}
