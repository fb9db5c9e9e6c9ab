import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import {
  FEED_CONTEXT,
  FEED_KEY_HEADER,
  FEED_KEY_PREFIX,
  FEED_PATH,
  type FeedHold,
  type FeedPolicy,
  type FeedState,
  type Lease,
} from "../../packages/protocol/src/index.ts";
import { portOf } from "../agents/fake-intake.ts";

/** One gate at the other end, as the server sees it. */
export interface FeedListener {
  readonly query: URLSearchParams;
  readonly token: string;
  /** Signs and sends. @param more replaces what a good event would say */
  state(more?: Partial<FeedState>): void;
  lease(more?: Partial<Lease>): void;
  /** @param text of `policy.json` */
  policy(text: string): void;
  /** Sends these bytes as they are. */
  raw(text: string): void;
  end(): void;
}

/** A server of Firebreak's gate feed that says whatever a test wants it to say, signed or not. */
export interface FakeFeedServer {
  readonly url: string;
  readonly publicKey: string;
  /** everybody who connected, in order; those that left too */
  readonly listeners: FeedListener[];
  /** what later events say, unless told otherwise */
  readonly facts: { instance: string; epoch: number; holds: FeedHold[]; leaseMs: number; nowMs: () => number };
  /** answers this instead of a feed, until it is null again */
  refuseWith: number | null;
  /** false: says nothing by itself to whoever connects */
  greet: boolean;
  /** signs with another key from now on */
  changeKey(): void;
  close(): Promise<void>;
}

export const FEED_TOKEN = "agent-token";

/** @param port 0 for any free one */
export async function startFakeFeed(port = 0): Promise<FakeFeedServer> {
  let keys = generateKeyPairSync("ed25519");
  const publicKeyOf = () => FEED_KEY_PREFIX + String(keys.publicKey.export({ format: "jwk" }).x);
  const publicKey = publicKeyOf();
  const facts: FakeFeedServer["facts"] = {
    instance: "sup_1",
    epoch: 1,
    holds: [],
    leaseMs: 4000,
    nowMs: () => performance.timeOrigin + performance.now(),
  };
  const listeners: FeedListener[] = [];
  const seal = (event: FeedState | Lease | FeedPolicy) => {
    const payload = JSON.stringify(event);
    const signature = sign(null, Buffer.from(FEED_CONTEXT + payload), keys.privateKey).toString("base64url");
    return `event: ${event.kind}\ndata: ${signature} ${payload}\n\n`;
  };
  const http = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    if (pathname !== FEED_PATH || server.refuseWith !== null) {
      response.writeHead(server.refuseWith ?? 404).end();
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream", [FEED_KEY_HEADER]: publicKeyOf() });
    const listener = listen(response, searchParams, request.headers.authorization ?? "");
    listeners.push(listener);
    if (!server.greet) return;
    listener.state();
    listener.lease();
  });
  const listen = (response: ServerResponse, query: URLSearchParams, token: string): FeedListener => {
    const raw = (text: string) => void response.write(text);
    const { instance, epoch } = facts;
    return {
      query,
      token,
      raw,
      state: (more) =>
        raw(seal({ kind: "state", instance, epoch: facts.epoch, holds: facts.holds, problem: null, ...more })),
      policy: (policy) => raw(seal({ kind: "policy", instance, policy })),
      lease: (more) => {
        const issuedAt = Math.floor(facts.nowMs());
        const who = {
          agent: query.get("agent") ?? "scout",
          session: query.get("session"),
          nonce: query.get("nonce") ?? "",
        };
        const until = { stopped: false, issuedAt, expiresAt: issuedAt + facts.leaseMs };
        raw(seal({ kind: "lease", instance, ...who, epoch: Math.max(epoch, facts.epoch), ...until, ...more }));
      },
      end: () => response.end(),
    };
  };
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  const server: FakeFeedServer = {
    url: `http://127.0.0.1:${portOf(http)}`,
    publicKey,
    listeners,
    facts,
    refuseWith: null,
    greet: true,
    changeKey: () => {
      keys = generateKeyPairSync("ed25519");
    },
    close: async () => {
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
  return server;
}
