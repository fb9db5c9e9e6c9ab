import type { GateClock } from "./clock.ts";
import { unref } from "./feed/platform.ts";

/** One telemetry record of this agent; who it is about is filled in. */
export interface TelemetryEvent {
  readonly kind: string;
  readonly id?: string;
  /** ISO 8601 */
  readonly time?: string;
  readonly outcome?: "success" | "failure" | "denied" | "unknown";
  readonly risk?: "low" | "medium" | "high" | "critical";
  readonly resource?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface TelemetryOptions {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly agent: { readonly id: string; readonly pack?: string; readonly session?: string };
  readonly clock: GateClock;
  readonly newEventId: () => string;
}

export interface Telemetry {
  /** Takes an event; never waits. @returns false when it was dropped: no server is named, or the queue is full */
  emit(event: TelemetryEvent): boolean;
  /** Sends what is queued, for at most `timeoutMs`. @returns true when the server confirmed everything */
  flush(timeoutMs: number): Promise<boolean>;
  /** one is named, and may be told */
  readonly hasServer: boolean;
  readonly queued: number;
  readonly dropped: number;
  close(): void;
}

const QUEUE_MAX = 10_000;
const BATCH_MAX = 500;
const SEND_EVERY_MS = 100;
const RETRY_MAX_MS = 10_000;
const REQUEST_MS = 5000;

interface Sender {
  readonly options: TelemetryOptions;
  readonly queue: string[];
  timer: ReturnType<typeof setTimeout> | null;
  sending: Promise<boolean> | null;
  retryMs: number;
  dropped: number;
  closed: boolean;
}

export function createTelemetry(options: TelemetryOptions): Telemetry {
  const sender: Sender = {
    options,
    queue: [],
    timer: null,
    sending: null,
    retryMs: SEND_EVERY_MS,
    dropped: 0,
    closed: false,
  };
  return {
    emit: (event) => emit(sender, event),
    flush: (timeoutMs) => flush(sender, timeoutMs),
    hasServer: options.url !== undefined && options.token !== undefined,
    get queued() {
      return sender.queue.length;
    },
    get dropped() {
      return sender.dropped;
    },
    close: () => {
      sender.closed = true;
      if (sender.timer !== null) clearTimeout(sender.timer);
    },
  };
}

function emit(sender: Sender, event: TelemetryEvent): boolean {
  const { options, queue } = sender;
  if (sender.closed || options.url === undefined || options.token === undefined || queue.length >= QUEUE_MAX) {
    sender.dropped++;
    return false;
  }
  // an id needs its time, or the server cannot know a repeat
  const stamped = { id: options.newEventId(), time: new Date(options.clock.now()).toISOString(), ...event };
  queue.push(JSON.stringify({ source: "sdk", ...stamped, agent: options.agent }));
  schedule(sender, SEND_EVERY_MS);
  return true;
}

function schedule(sender: Sender, delayMs: number): void {
  if (sender.timer !== null || sender.closed) return;
  sender.timer = setTimeout(() => void sendInTurn(sender), delayMs);
  unref(sender.timer);
}

async function sendInTurn(sender: Sender): Promise<void> {
  sender.timer = null;
  const sent = await send(sender);
  sender.retryMs = sent ? SEND_EVERY_MS : Math.min(sender.retryMs * 2, RETRY_MAX_MS);
  if (sender.queue.length > 0) schedule(sender, sender.retryMs);
}

/** One batch at a time; it leaves the queue when the server has answered for it. */
async function send(sender: Sender): Promise<boolean> {
  sender.sending ??= sendBatch(sender).finally(() => {
    sender.sending = null;
  });
  return sender.sending;
}

async function sendBatch({ options, queue }: Sender): Promise<boolean> {
  const batch = queue.slice(0, BATCH_MAX);
  if (batch.length === 0) return true;
  try {
    const response = await fetch(new URL("/api/v1/events", options.url), {
      method: "POST",
      headers: { authorization: `Bearer ${options.token ?? ""}`, "content-type": "application/x-ndjson" },
      body: batch.join("\n") + "\n",
      redirect: "error",
      signal: AbortSignal.timeout(REQUEST_MS),
    });
    await response.body?.cancel();
    const isHopeless = response.status === 400 || response.status === 413 || response.status === 422;
    if (!response.ok && !isHopeless) return false;
    queue.splice(0, batch.length);
    return true;
  } catch {
    return false;
  }
}

async function flush(sender: Sender, timeoutMs: number): Promise<boolean> {
  const endMs = sender.options.clock.monotonicMs() + timeoutMs;
  while (sender.queue.length > 0) {
    const leftMs = endMs - sender.options.clock.monotonicMs();
    if (leftMs <= 0) return false;
    const sent = await Promise.race([send(sender), wait(leftMs).then(() => false)]);
    if (!sent) await wait(Math.min(50, leftMs));
  }
  return true;
}

async function wait(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
