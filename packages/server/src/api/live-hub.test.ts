import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Authenticate } from "../access/index.ts";
import { authenticateByName, startTestServer } from "./testing.ts";
import type { TestServer } from "./testing.ts";

let server: TestServer | undefined;
afterEach(() => server?.close());

const viewer = { headers: { authorization: "Bearer viewer" } };
const change = { topic: "incident", id: "INC-2026-0001" } as const;

/** Reads a stream until it holds `until`, or ends. */
async function readUntil(response: Response, until: string | null): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (until !== null && text.includes(until)) break;
  }
  return text;
}

async function waitFor(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("it did not happen in ten seconds");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("O-4: live stream", () => {
  test("tells every client what changed, with the headers of a stream", async () => {
    server = await startTestServer();
    const clients = [await server.ask("GET", "/api/v1/live", viewer), await server.ask("GET", "/api/v1/live", viewer)];
    expect(server.live.stats().clients).toBe(2);
    server.live.publish(change);
    for (const client of clients) {
      expect(client.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
      expect(client.headers.get("cache-control")).toBe("no-store");
      const text = await readUntil(client, "INC-2026-0001");
      expect(text).toBe(`retry: 2000\n\nevent: change\ndata: ${JSON.stringify(change)}\n\n`);
    }
    const { live } = server;
    await waitFor(() => live.stats().clients === 0);
  });

  test("beats, and ends when the caller may no longer see", async () => {
    let allowed = true;
    let asked = 0;
    const authenticate: Authenticate = async (credentials) => {
      if (credentials.passive === true) asked += 1;
      return allowed ? authenticateByName(credentials) : null;
    };
    server = await startTestServer({ authenticate, live: { heartbeatMs: 20 } });
    const client = await server.ask("GET", "/api/v1/live", viewer);
    expect(client.status).toBe(200);
    // ends only because the server ends it, some beats after it may not any more
    const whole = readUntil(client, null);
    await waitFor(() => asked >= 3);
    allowed = false;
    expect(await whole).toContain(": heartbeat\n\n: heartbeat\n\n");
  });

  test("ends at sign-out of its session, and not for others", async () => {
    server = await startTestServer();
    const ask = (name: string) =>
      server?.ask("GET", "/api/v1/live", { headers: { cookie: `firebreak_session=cookie-${name}` } }) ??
      Promise.reject();
    const [mine, other] = [await ask("responder"), await ask("viewer")];
    const headers = { cookie: "firebreak_session=cookie-responder", origin: server.origin };
    const signOut = await server.ask("POST", "/api/v1/sign-out", { headers });
    expect(signOut.status).toBe(204);
    expect(signOut.headers.get("set-cookie")).toMatch(/^firebreak_session=; .*Expires=Thu, 01 Jan 1970/);
    await readUntil(mine, null);
    server.live.publishReset();
    expect(await readUntil(other, "reset")).toContain("event: reset\n");
  });

  test("a client that does not read is cut off, counted, and does not hold up others", async () => {
    server = await startTestServer({ live: { waitingMax: 16 } });
    const { live, port } = server;
    const slow = connect(port, "127.0.0.1");
    slow.on("error", () => {});
    slow.pause();
    slow.write("GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer viewer\r\n\r\n");
    await waitFor(() => live.stats().clients === 1);
    const id = "x".repeat(60_000);
    for (let i = 0; live.stats().slowClients === 0 && i < 10_000; i++) {
      live.publish({ topic: "incident", id: `${id}${i}` });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(live.stats()).toEqual({ clients: 0, slowClients: 1 });
    slow.destroy();
    const client = await server.ask("GET", "/api/v1/live", viewer);
    live.publish(change);
    expect(await readUntil(client, "change")).toContain("INC-2026-0001");
  });

  test("there is a limit on clients", async () => {
    server = await startTestServer({ live: { clientsMax: 1 } });
    const first = await server.ask("GET", "/api/v1/live", viewer);
    const second = await server.ask("GET", "/api/v1/live", viewer);
    expect(second.status).toBe(429);
    expect(second.headers.get("content-type")).toBe("application/problem+json");
    expect(second.headers.get("retry-after")).toBe("30");
    await second.body?.cancel();
    await first.body?.cancel();
  });

  test("closing the server ends streams at once", async () => {
    server = await startTestServer();
    const client = await server.ask("GET", "/api/v1/live", viewer);
    const startedMs = performance.now();
    await server.close();
    await readUntil(client, null);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});
