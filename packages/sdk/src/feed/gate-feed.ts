import { FEED_KEY_HEADER, FEED_PATH } from "@firebreak/protocol/feed";
import type { Lease } from "@firebreak/protocol/feed";
import type { GateClock } from "../clock.ts";
import { createEventReader } from "../sse.ts";
import type { ServerSentEvent } from "../sse.ts";
import { checkSigned, hearEvent, isKnownSigned } from "./heard-event.ts";
import type { FeedSaid, HeardEvent, SaidState } from "./heard-event.ts";
import { judgeLease } from "./judge-lease.ts";
import type { Bytes, FeedPlatform, StreamAnswer } from "./platform.ts";
import { randomFraction, randomText, unref } from "./platform.ts";
import { isLoopbackUrl, parseServerKey } from "./server-key.ts";

export interface GateFeedOptions {
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly agent: string;
  readonly pack?: string | undefined;
  readonly session?: string | undefined;
  /** the server's public key, `ed25519:…`; without it the first one seen is trusted, over loopback only */
  readonly serverKey?: string | undefined;
  readonly clock: GateClock;
  readonly platform: FeedPlatform;
  /** called whenever something below may have changed, but not when a lease runs out */
  readonly onChange: () => void;
}

/** What the server last said, and until when this agent may act on it. */
export interface GateFeed {
  /** the holds that concern this agent; the same object until they change */
  readonly said: FeedSaid;
  /** on the clock that never jumps; in the past when there is no lease */
  readonly leaseUntilMs: number;
  /** until when the server's last word holds, be it a lease or that there is none */
  readonly wordUntilMs: number;
  /** when the server was last heard, on the same clock */
  readonly heardMs: number;
  /** why the server is not heard now; null while it is */
  readonly problem: string | null;
  /** as its owner wrote it; null when the server sent none */
  readonly policy: string | null;
  close(): void;
}

interface Follower {
  readonly options: GateFeedOptions;
  readonly closed: AbortController;
  key: Bytes | null;
  said: FeedSaid;
  leaseUntilMs: number;
  wordUntilMs: number;
  heardMs: number;
  problem: string | null;
  policy: string | null;
  /** the highest seen: what is older could lift a stop */
  epoch: number;
}

/** What is known of one connection. */
interface Connection {
  readonly nonce: string;
  readonly key: Bytes;
  readonly askedMs: number;
  instance: string | null;
  stateEpoch: number;
  lastEpoch: number;
  lastIssuedAt: number;
  /** this clock minus the server's, by the quickest lease so far: one that took longer is that much shorter */
  offsetMs: number;
}

/** How a connection ended. */
interface End {
  readonly problem: string;
  /** a person must mend it */
  readonly broken: boolean;
  readonly heard: boolean;
  /** the server is there and cannot keep up */
  readonly busy: boolean;
  readonly retryAfterMs: number;
}

class FeedFault extends Error {
  readonly broken: boolean;
  constructor(problem: string, broken: boolean) {
    super(problem);
    this.broken = broken;
  }
}

const EVENT_BYTES_MAX = 8 * 1024 * 1024;
/** Leases come every 0.7 to 1.7 s. */
const SILENCE_MAX_MS = 5_000;
/** The first lease tells how far the clocks are apart; one that took longer would tell nothing. A fleet needs its time. */
const FIRST_LEASE_MS = 10_000;
/** A new connection measures the clocks anew, before they have drifted by what matters. */
const CONNECTION_MS = 600_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 2_000;
/** A server that answers late is not asked more often for it. */
const LAST_BUSY_RETRY_MS = 10_000;
const BROKEN_RETRY_MS = 10_000;
/** Longer than a machine with a thousand gates takes to tell all of them. */
const STOP_VERIFIED_AFTER_MS = 200;

/** Follows the feed of the server until it is closed: connects, verifies, and connects again. Never throws. */
export function openGateFeed(options: GateFeedOptions): GateFeed {
  const follower: Follower = {
    options,
    closed: new AbortController(),
    key: null,
    said: { ok: true, epoch: 0, holds: [] },
    leaseUntilMs: Number.NEGATIVE_INFINITY,
    wordUntilMs: Number.NEGATIVE_INFINITY,
    heardMs: Number.NEGATIVE_INFINITY,
    problem: "the server was not heard yet",
    policy: null,
    epoch: 0,
  };
  void follow(follower);
  return {
    get said() {
      return follower.said;
    },
    get leaseUntilMs() {
      return follower.leaseUntilMs;
    },
    get wordUntilMs() {
      return follower.wordUntilMs;
    },
    get heardMs() {
      return follower.heardMs;
    },
    get problem() {
      return follower.problem;
    },
    get policy() {
      return follower.policy;
    },
    close: () => {
      follower.leaseUntilMs = Number.NEGATIVE_INFINITY;
      follower.closed.abort();
    },
  };
}

async function follow(follower: Follower): Promise<void> {
  const { closed, options } = follower;
  const address = readAddress(options);
  if (typeof address === "string") return breakDown(follower, address);
  follower.key = address.key;
  let failures = 0;
  while (!closed.signal.aborted) {
    const end = await listen(follower, address.url);
    if (closed.signal.aborted) return;
    failures = end.heard ? 0 : failures + 1;
    if (end.broken) breakDown(follower, end.problem);
    else follower.problem = end.problem;
    options.onChange();
    await wait(backOffMs(end, failures), closed.signal);
  }
}

/** Jitter over the whole span: a fleet that lost its server must not come back in one moment. */
function backOffMs(end: End, failures: number): number {
  const longestMs = end.busy ? LAST_BUSY_RETRY_MS : LAST_RETRY_MS;
  const spanMs = end.broken ? BROKEN_RETRY_MS : Math.min(FIRST_RETRY_MS * 2 ** failures, longestMs);
  return end.retryAfterMs + spanMs * (end.broken ? 1 : randomFraction());
}

/** @returns where to connect and which key to believe, or why that cannot be known */
function readAddress({ url: text, token, serverKey }: GateFeedOptions): { url: URL; key: Bytes | null } | string {
  if (text === undefined || token === undefined) {
    return "no kill switch is named: run the agent with `firebreak run`, or pass killswitchDir, or url and token";
  }
  const url = URL.canParse(text) ? new URL(FEED_PATH, text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) return "the server's url is not an http or https address";
  if (serverKey !== undefined) {
    const key = parseServerKey(serverKey);
    return key === null ? "the pinned server key is not one such as ed25519:…" : { url, key };
  }
  if (isLoopbackUrl(url)) return { url, key: null };
  return `${url.host} is another machine, and its key is not pinned: give it as serverKey or FIREBREAK_SERVER_KEY; \`firebreak gate key\` on the server shows it`;
}

function breakDown(follower: Follower, problem: string): void {
  follower.said = { ok: false, problem };
  follower.problem = problem;
  follower.leaseUntilMs = Number.NEGATIVE_INFINITY;
  follower.options.onChange();
}

/** One connection, from asking to its end. */
async function listen(follower: Follower, url: URL): Promise<End> {
  const { options, closed } = follower;
  const { clock, platform, token } = options;
  const nonce = randomText();
  const abort = new AbortController();
  const stop = () => abort.abort();
  const patience = createPatience(stop);
  closed.signal.addEventListener("abort", stop, { once: true });
  let connection: Connection | null = null;
  let isOld = false;
  const endWith = (problem: string, more: Partial<End> = {}): End => ({
    problem,
    broken: false,
    busy: false,
    retryAfterMs: 0,
    ...more,
    heard: (connection?.lastIssuedAt ?? 0) > 0,
  });
  try {
    const askedMs = clock.monotonicMs();
    const headers = { authorization: `Bearer ${token ?? ""}`, accept: "text/event-stream" };
    const answer = await platform.openStream(addressOf(url, options, nonce), headers, abort.signal);
    if (answer.status !== 200) return refusalOf(answer, endWith);
    const opened: Connection = { ...newConnection(nonce, keyOf(follower, answer)), askedMs };
    connection = opened;
    const eventsIn = createEventReader(EVENT_BYTES_MAX);
    await answer.read((chunk) => {
      const waits = takeAll(follower, opened, eventsIn(chunk));
      patience.renew();
      isOld = clock.monotonicMs() - askedMs > CONNECTION_MS;
      if (isOld) stop();
      return waits;
    });
    return endWith("the server ended the feed");
  } catch (fault) {
    if (isOld) return endWith("the connection is made anew");
    if (patience.isOver()) return endWith("the server was silent for too long", { busy: true });
    return endWith(textOfFault(fault), { broken: fault instanceof FeedFault && fault.broken });
  } finally {
    patience.end();
    closed.signal.removeEventListener("abort", stop);
    abort.abort();
  }
}

function addressOf(url: URL, { agent, pack, session }: GateFeedOptions, nonce: string): URL {
  const address = new URL(url);
  for (const [name, value] of Object.entries({ agent, pack, session, nonce })) {
    if (value !== undefined) address.searchParams.set(name, value);
  }
  return address;
}

function newConnection(nonce: string, key: Bytes): Omit<Connection, "askedMs"> {
  const clocks = { lastIssuedAt: 0, offsetMs: Number.POSITIVE_INFINITY };
  return { nonce, key, instance: null, stateEpoch: -1, lastEpoch: 0, ...clocks };
}

function refusalOf(answer: StreamAnswer, endWith: (problem: string, more: Partial<End>) => End): End {
  const retryAfterMs = Math.min(Number(answer.header("retry-after") ?? 0) * 1000 || 0, BROKEN_RETRY_MS);
  if (answer.status === 401 || answer.status === 403) {
    return endWith(`the server refuses the token (${answer.status})`, { broken: true, retryAfterMs });
  }
  return endWith(`the server answered ${answer.status}`, { busy: true, retryAfterMs });
}

/** @returns the key that signs; over loopback the one that was shown first */
function keyOf(follower: Follower, answer: StreamAnswer): Bytes {
  if (follower.key !== null) return follower.key;
  const shown = parseServerKey(answer.header(FEED_KEY_HEADER) ?? "");
  if (shown === null) throw new FeedFault("the server shows no key", true);
  follower.key = shown;
  return shown;
}

/** Takes events in their order, at once. @returns what the rest of them waits for, if anything */
function takeAll(
  follower: Follower,
  connection: Connection,
  events: readonly ServerSentEvent[],
): Promise<void> | undefined {
  for (const [i, { data }] of events.entries()) {
    const waits = data === null ? undefined : take(follower, connection, hearEvent(data));
    if (waits !== undefined) return waits.then(() => takeAll(follower, connection, events.slice(i + 1)));
  }
  return undefined;
}

function take(follower: Follower, connection: Connection, heard: HeardEvent): Promise<void> | undefined {
  const receivedMs = follower.options.clock.monotonicMs();
  const { said, isStop } = heard;
  const look = () => checkSigned(heard, connection.key, follower.options.platform);
  const accept = (isSigned: boolean) => acceptEvent(follower, connection, heard, { isSigned, receivedMs });
  if (isStop && said !== null && said.epoch >= follower.epoch) {
    // a stop counts before its signature was looked at: to deny once too often does no harm
    follower.said = said;
    follower.options.onChange();
    // looking takes time that other gates of this machine need for their stop
    if (!isKnownSigned(heard, connection.key)) {
      return new Promise((resolve) => setTimeout(resolve, STOP_VERIFIED_AFTER_MS)).then(look).then(accept);
    }
  }
  const isSigned = look();
  return typeof isSigned === "boolean" ? accept(isSigned) : isSigned.then(accept);
}

function acceptEvent(
  follower: Follower,
  connection: Connection,
  { event, said }: HeardEvent,
  { isSigned, receivedMs }: { isSigned: boolean; receivedMs: number },
): undefined {
  if (!isSigned) throw new FeedFault("what it sends is not signed with the key that is pinned here", true);
  connection.instance ??= event.instance;
  if (event.instance !== connection.instance) throw new FeedFault("two processes of the server answer as one", false);
  follower.heardMs = receivedMs;
  follower.problem = null;
  if (said !== null) takeState(follower, connection, said);
  else if (event.kind === "lease") takeLease(follower, connection, event, receivedMs);
  else if (event.kind === "policy") follower.policy = event.policy;
  follower.options.onChange();
}

function takeState(follower: Follower, connection: Connection, said: SaidState): void {
  if (said.epoch < follower.epoch) {
    throw new FeedFault(`the server went back from epoch ${follower.epoch} to ${said.epoch}`, true);
  }
  follower.epoch = said.epoch;
  connection.stateEpoch = said.epoch;
  follower.said = said;
}

/**
 * A lease ends when the server's clock says so, as far as that is known here: what the network took with a lease, beyond
 * what it took with the quickest one, is not added to it. No wall clock has a part in it.
 */
function takeLease(follower: Follower, connection: Connection, lease: Lease, receivedMs: number): void {
  const { agent, session } = follower.options;
  const expected = { ...connection, agent, session, instance: connection.instance ?? "" };
  const problem = judgeLease(lease, expected);
  if (problem !== null) throw new FeedFault(`it sends a lease that is not good here: ${problem}`, false);
  if (connection.lastIssuedAt === 0 && receivedMs - connection.askedMs > FIRST_LEASE_MS) {
    throw new FeedFault(`its first lease took longer than ${FIRST_LEASE_MS / 1000} s`, false);
  }
  connection.lastIssuedAt = lease.issuedAt;
  connection.lastEpoch = lease.epoch;
  connection.offsetMs = Math.min(connection.offsetMs, receivedMs - lease.issuedAt);
  follower.wordUntilMs = connection.offsetMs + lease.expiresAt;
  follower.leaseUntilMs = lease.stopped ? Number.NEGATIVE_INFINITY : follower.wordUntilMs;
}

/** Calls `stop` when nothing comes for {@link FIRST_LEASE_MS}, and once something came, for {@link SILENCE_MAX_MS}. */
function createPatience(stop: () => void): { renew(): void; isOver(): boolean; end(): void } {
  let isOver = false;
  const giveUp = () => {
    isOver = true;
    stop();
  };
  let timer = setTimeout(giveUp, FIRST_LEASE_MS);
  unref(timer);
  return {
    renew: () => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, SILENCE_MAX_MS);
      unref(timer);
    },
    isOver: () => isOver,
    end: () => clearTimeout(timer),
  };
}

function textOfFault(fault: unknown): string {
  const cause = fault instanceof Error && fault.cause instanceof Error ? fault.cause : fault;
  const text = cause instanceof Error ? cause.message || cause.name : String(cause);
  return fault instanceof FeedFault ? `the server cannot be believed: ${text}` : `the server does not answer: ${text}`;
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    unref(timer);
    signal.addEventListener("abort", end);
  });
}
